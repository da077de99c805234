import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freeSlot, holdSlot, slotFolder } from './agent-slots.ts';

test('a slot is held by a living process, and not by another one that got its pid', (context) => {
  const home = mkdtempSync(join(tmpdir(), 'millrace-slots-'));
  context.after(() => rmSync(home, { recursive: true }));
  const file = join(slotFolder(home, 1), 'pid');
  mkdirSync(slotFolder(home, 1), { recursive: true });
  assert.equal(freeSlot(home, new Set()), 1);
  assert.equal(freeSlot(home, new Set([1])), 2);
  holdSlot(home, 1, process.pid);
  assert.equal(freeSlot(home, new Set()), 2);

  const held = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...held, started: 'before' }));
  assert.equal(freeSlot(home, new Set()), 1);
  writeFileSync(file, JSON.stringify({ ...held, boot: 'the one before' }));
  assert.equal(freeSlot(home, new Set()), 1);
  // As older servers wrote it, and half written.
  writeFileSync(file, String(process.pid));
  assert.equal(freeSlot(home, new Set()), 2);
  writeFileSync(file, '');
  assert.equal(freeSlot(home, new Set()), 1);
});
