import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TimelineRecord } from '../client/wire.ts';
import { createPlainLines } from './plain-lines.ts';
import { type FrameOptions, type RunView, renderTree } from './run-tree.ts';
import { plainText, textWidth } from './text-width.ts';

// A case is <name>.json: a view and a frame; beside it <name>.txt, what is drawn. MILLRACE_UPDATE_GOLDENS=1 writes the drawings.
const folder = join(import.meta.dirname, 'testdata/frames');

type Case = {
  readonly view: Omit<RunView, 'tails'> & { readonly tails?: Record<string, readonly string[]> };
  readonly frame: Omit<FrameOptions, 'now'> & { readonly now: string };
};

function read(name: string): { view: RunView; frame: FrameOptions } {
  const { view, frame } = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Case;
  return {
    view: { ...view, tails: new Map(Object.entries(view.tails ?? {})) },
    frame: { ...frame, now: Date.parse(frame.now) },
  };
}

const names = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length));

assert.ok(names.length >= 5, 'the frames are there');

for (const name of names) {
  test(`frame ${name}`, () => {
    const { view, frame } = read(name);
    const lines = renderTree(view, frame);
    assert.ok(lines.length <= frame.rows, `${lines.length} lines for ${frame.rows} rows`);
    for (const line of lines)
      assert.ok(textWidth(plainText(line)) <= frame.columns, `too wide: ${JSON.stringify(line)}`);
    const drawn = `${lines.join('\n')}\n`;
    const golden = join(folder, `${name}.txt`);
    if (process.env['MILLRACE_UPDATE_GOLDENS']) writeFileSync(golden, drawn);
    assert.equal(drawn, readFileSync(golden, 'utf8'));
  });
}

test('no frame exceeds its size, however small the terminal', () => {
  for (const name of names) {
    const { view, frame } = read(name);
    for (const columns of [4, 8, 12, 20, 33, 50, 200]) {
      for (const rows of [1, 2, 3, 4, 5, 7, 10, 40]) {
        const lines = renderTree(view, { ...frame, columns, rows });
        assert.ok(lines.length <= rows && lines.length > 0, `${name}: ${lines.length} lines for ${rows} rows`);
        for (const line of lines)
          assert.ok(textWidth(plainText(line)) <= columns, `${name} at ${columns}: ${JSON.stringify(line)}`);
      }
    }
  }
});

test('records in a circle are neither drawn for ever nor fatal', () => {
  const record = (id: string, parentId: string): TimelineRecord => ({
    id,
    parentId,
    type: 'Job',
    name: id,
    state: 'pending',
  });
  const view: RunView = {
    title: 'x',
    status: 'inProgress',
    records: [record('a', 'b'), record('b', 'a'), record('c', 'c')],
    tails: new Map(),
  };
  assert.equal(renderTree(view, { columns: 40, rows: 10, now: 0, colour: false }).length, 2);
});

test('plain lines tell each step once, in the order of their ends', () => {
  const news = createPlainLines();
  const before = read('running').view;
  const first = news(before);
  assert.ok(first.includes('[Submit the training job] started'));
  assert.ok(first.includes('[Submit the training job] Use Python 3.10 or newer … ok (0.4s)'));
  assert.deepEqual(news(before), []);
  const later = news(read('failed').view);
  assert.deepEqual(later, [
    '[Submit the training job] Submit the job … ok (5.0s)',
    '[Submit the training job] succeeded (6.2s)',
    '[Wait for the training job] Wait for brave_bean › brave_bean › Train the fare model … FAILED (3.0s)',
    '[Wait for the training job] Wait for brave_bean › brave_bean … FAILED (4.0s)',
    '[Wait for the training job] Wait for brave_bean: error: The job brave_bean failed: exit code 1',
    '[Wait for the training job] Wait for brave_bean … FAILED (5.5s)',
    '[Wait for the training job] FAILED (5.6s)',
  ]);
});

test('what was made for a step is one line below it, without a time or a result', () => {
  const now = '2026-01-01T00:00:00.000Z';
  const records: TimelineRecord[] = [
    { id: 'j', parentId: null, type: 'Job', name: 'train', state: 'inProgress', startTime: now },
    { id: 's', parentId: 'j', type: 'Task', name: 'submit', state: 'inProgress', startTime: now },
    {
      id: 'n',
      parentId: 's',
      type: 'Millrace.Notice',
      name: 'created workspace ws',
      state: 'completed',
      result: 'succeeded',
      startTime: now,
      finishTime: now,
    },
  ];
  const view: RunView = { title: 'r', status: 'inProgress', records, tails: new Map() };
  assert.deepEqual(createPlainLines()(view), ['[train] started', '[train] submit › created workspace ws']);
  const lines = renderTree(view, { columns: 60, rows: 10, now: Date.parse(now), colour: false });
  assert.equal(lines.at(-1), '      ✓ created workspace ws');
});
