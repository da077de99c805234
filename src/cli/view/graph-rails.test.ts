import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { drawRails, type RailNode } from './graph-rails.ts';

const lines = (nodes: readonly RailNode[]) =>
  drawRails(nodes).flatMap(({ index, node, joints }) => [
    `${node}${index}`,
    ...(joints === undefined ? [] : [joints.trimEnd()]),
  ]);
const after = (...nodes: number[]) => ({ after: nodes });

test('a chain is one rail, nodes that wait for nothing have none', () => {
  assert.deepEqual(lines([after(), after(0), after(1)]), ['● 0', '● 1', '● 2']);
  assert.deepEqual(lines([after(), after()]), ['● 0', '● 1']);
});

test('rails part and join; one that passes is drawn through', () => {
  assert.deepEqual(lines([after(), after(0), after(0), after(1, 2)]), [
    '●   0',
    '├─╮',
    '● │ 1',
    '│ ● 2',
    '├─╯',
    '●   3',
  ]);
  assert.deepEqual(lines([after(), after(0), after(), after(1, 2), after(0)]), [
    '●     0',
    '├─╮',
    '● │   1',
    '│ │ ● 2',
    '├─│─╯',
    '● │   3',
    '  ●   4',
  ]);
});

test('a node listed before what it waits for comes after it', () => {
  assert.deepEqual(lines([after(1), after()]), ['● 1', '● 0']);
});

/** Reads the edges back from a drawing: from each node down its rails, and along the joints below it, to the next node on each. */
function edgesOf(nodes: readonly RailNode[]): string[] {
  const rows = drawRails(nodes).flatMap(({ index, node, body, joints }) => [
    { text: node, index },
    { text: body, index: undefined },
    ...(joints === undefined ? [] : [{ text: joints, index: undefined }]),
  ]);
  const goesDown = (character: string) => '│├┤┼┬╮╭●'.includes(character);
  const found: string[] = [];
  for (const [row, { text, index }] of rows.entries()) {
    if (index === undefined) continue;
    const own = text.indexOf('●');
    const joints = rows[row + 2]?.index === undefined ? rows[row + 2]?.text : undefined;
    const columns = new Set<number>();
    if (joints === undefined) {
      if (rows[row + 1]?.text[own] === '│') columns.add(own);
    } else {
      assert.equal(rows[row + 1]?.text[own], '│');
      for (const step of [-1, 1]) {
        for (let at = own + step; '─│├┤┼┬╮╭╯╰┴'.includes(joints[at] ?? ' ') && joints[at] !== undefined; at += step) {
          const here = joints[at]!;
          if (here === '│' && joints[at - step] !== '─') break;
          if (here !== '─' && here !== '│') columns.add(at);
          if ((step > 0 ? '┤╮╯' : '├╭╰').includes(here)) break;
        }
        if (!'├┼┴┬╰'.includes(joints[own]!) && step > 0) for (const at of columns) if (at > own) columns.delete(at);
        if (!'┤┼┴┬╯'.includes(joints[own]!) && step < 0) for (const at of columns) if (at < own) columns.delete(at);
      }
      if (goesDown(joints[own]!)) columns.add(own);
    }
    for (const column of columns) {
      let at = row + (joints === undefined ? 2 : 3);
      while (rows[at] && rows[at]!.text[column] !== '●') {
        assert.ok(
          goesDown(rows[at]!.text[column]!),
          `the rail ends in the air: ${rows.map((one) => one.text).join('\n')}`,
        );
        at++;
      }
      found.push(`${index} > ${rows[at]?.index}`);
    }
  }
  return found.sort();
}

test('a drawing holds the edges of its graph and no others, whatever the graph', () => {
  const graphs = fc
    .integer({ min: 1, max: 12 })
    .chain((size) => fc.tuple(...Array.from({ length: size }, (_, index) => fc.subarray([...Array(index).keys()]))));
  fc.assert(
    fc.property(graphs, (graph) => {
      const nodes = graph.map((waits) => ({ after: waits }));
      const wanted = graph.flatMap((waits, index) => waits.map((one) => `${one} > ${index}`)).sort();
      assert.deepEqual(edgesOf(nodes), wanted);
    }),
    { seed: 11, numRuns: 500 },
  );
});

test('ten thousand nodes are drawn', () => {
  const nodes = Array.from({ length: 10_000 }, (_, index) => after(...(index === 0 ? [] : [index - 1])));
  assert.equal(drawRails(nodes).length, 10_000);
});
