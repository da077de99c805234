import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { drawRails, linesOfRow, type RailNode } from './graph-rails.ts';

/** As it is printed. @param inside how many lines belong to each node; each is an `x` */
const lines = (nodes: readonly RailNode[], inside = 0) =>
  drawRails(nodes).flatMap((row) => linesOfRow(row, String(row.index), Array<string>(inside).fill('x')));
const after = (...nodes: number[]) => ({ after: nodes });

test('a chain is one rail, nodes that wait for nothing have none', () => {
  assert.deepEqual(lines([after(), after(0), after(1)]), ['● 0', '│', '● 1', '│', '● 2']);
  assert.deepEqual(lines([after(), after()]), ['● 0', '● 1']);
  assert.deepEqual(lines([after(), after(), after(1), after()]), ['● 0', '● 1', '│', '● 2', '● 3']);
});

test('a rail beside the lines of a node is shown by those', () => {
  assert.deepEqual(lines([after(), after(0), after()], 1), ['● 0', '│ x', '● 1', '  x', '● 2', '  x']);
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
  assert.deepEqual(lines([after(1), after()]), ['● 1', '│', '● 0']);
});

const arms: Readonly<Record<string, string>> = {
  '│': 'ud',
  '─': 'lr',
  '├': 'udr',
  '┤': 'udl',
  '┼': 'udlr',
  '┴': 'ulr',
  '┬': 'dlr',
  '╯': 'ul',
  '╰': 'ur',
  '╮': 'dl',
  '╭': 'dr',
};

/**
 * Reads the edges back from what is printed, and from nothing else: from each node down its rail, along the joints right below, and down to the
 * next node on each. Two nodes with no line between them have no edge.
 */
function edgesOf(printed: readonly string[]): string[] {
  const has = (row: number, column: number, arm: string) => arms[printed[row]?.[column] ?? '']?.includes(arm) ?? false;
  const isNode = (row: number) => printed[row]?.includes('●') ?? false;
  const nodeAt = (row: number, column: number) => (printed[row]?.[column] === '●' ? printed[row] : undefined);
  const nameOf = (line: string) => line.split(' ').at(-1);
  const found: string[] = [];
  for (const [row, line] of printed.entries()) {
    if (!isNode(row)) continue;
    const own = line.indexOf('●');
    let below = row + 1;
    for (; printed[below]?.endsWith('x'); below++) {}
    const isDown = (at: number) => has(at, own, 'u');
    const beside = Array.from({ length: below - row - 1 }, (_, index) => isDown(row + 1 + index));
    assert.ok(new Set(beside).size < 2, `a rail is broken:\n${printed.join('\n')}`);
    if (!isDown(row + 1)) continue;
    const columns: number[] = [];
    if (isNode(below)) columns.push(own);
    else {
      if (has(below, own, 'd')) columns.push(own);
      for (const [step, out, back] of [
        [-1, 'l', 'r'],
        [1, 'r', 'l'],
      ] as const) {
        if (!has(below, own, out)) continue;
        for (let at = own + step; ; at += step) {
          // A rail that only passes is drawn through the line.
          if (printed[below]?.[at] === '│') continue;
          assert.ok(has(below, at, back), `a joint leads nowhere:\n${printed.join('\n')}`);
          if (printed[below]?.[at] !== '─') columns.push(at);
          if (!has(below, at, out)) break;
        }
      }
    }
    for (const column of columns) {
      let at = isNode(below) ? below : below + 1;
      for (; nodeAt(at, column) === undefined; at++)
        assert.ok(has(at, column, 'd'), `a rail ends in the air:\n${printed.join('\n')}`);
      found.push(`${nameOf(line)} > ${nameOf(printed[at]!)}`);
    }
  }
  return found.sort();
}

test('a drawing holds the edges of its graph and no others, whatever the graph', () => {
  const graphs = fc
    .integer({ min: 1, max: 12 })
    .chain((size) => fc.tuple(...Array.from({ length: size }, (_, index) => fc.subarray([...Array(index).keys()]))));
  fc.assert(
    fc.property(graphs, fc.integer({ min: 0, max: 2 }), (graph, inside) => {
      const nodes = graph.map((waits) => ({ after: waits }));
      const wanted = graph.flatMap((waits, index) => waits.map((one) => `${one} > ${index}`)).sort();
      assert.deepEqual(edgesOf(lines(nodes, inside)), wanted);
    }),
    { seed: 11, numRuns: 500 },
  );
});

test('ten thousand nodes are drawn', () => {
  const nodes = Array.from({ length: 10_000 }, (_, index) => after(...(index === 0 ? [] : [index - 1])));
  assert.equal(drawRails(nodes).length, 10_000);
});
