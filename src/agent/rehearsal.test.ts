import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fakeClock, systemClock } from '../kernel/clock.ts';
import { rehearse, rehearseWhenIdle } from './rehearsal.ts';

const options = (workFolder: string) => ({
  agentName: 'a',
  agentVersion: '1',
  workFolder,
  homeFolder: workFolder,
  tasks: { find: () => undefined, load: async () => undefined },
  env: {},
  clock: systemClock,
});

test('a rehearsal goes through a whole job and leaves nothing behind', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-rehearsal-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const going = rehearse(options(folder));
  // The job's folders are made before its first pause.
  assert.ok(existsSync(join(folder, '_rehearsal', '_temp')));
  await going;
  assert.deepEqual(readdirSync(folder), []);
});

test('an agent that can not rehearse says nothing, and one that is called off does not begin', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-rehearsal-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await rehearse(options(file));
  const clock = fakeClock();
  const callOff = rehearseWhenIdle({ ...options(folder), clock });
  callOff();
  clock.advance(60_000);
  assert.deepEqual(readdirSync(folder), ['file']);
});
