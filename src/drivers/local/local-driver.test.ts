import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { newGuid } from '../../kernel/ids.ts';
import { describeDriver } from '../conformance.ts';
import { createLocalDriver } from './local-driver.ts';
import { OWNER_SHELL } from './owner-shell.ts';
import { LAUNCH_MARKER, markedProcesses } from './process-table.ts';

const PATH = '/usr/local/bin:/usr/bin:/bin';

describeDriver('local', {
  create: createLocalDriver,
  process: (work) => ({
    command: [
      'sh',
      '-c',
      `${work.output === undefined ? '' : `echo '${work.output}';`} ${work.runs === 'forever' ? 'sleep 1000 & wait' : `exit ${work.exitCode ?? 0}`}`,
    ],
    env: { PATH },
  }),
});

function scene(script: string, processes = 1) {
  const root = mkdtempSync(join(tmpdir(), 'millrace-local-'));
  mkdirSync(join(root, 'wd'));
  const handle = { id: newGuid(), folder: join(root, 'launch') };
  const one = (index: number) => ({
    command: ['sh', '-c', script],
    cwd: join(root, 'wd'),
    env: { PATH, RANK: String(index) },
    logFile: join(root, `log_${index}.txt`),
  });
  return { root, handle, spec: { processes: Array.from({ length: processes }, (_, index) => one(index)) } };
}

test('what left its session is still ended with the launch', async () => {
  const driver = createLocalDriver();
  const s = scene(`setsid sleep 1000 & sh -c 'trap "" TERM; sleep 1000' & echo up >up; wait`);
  await driver.launch(s.handle, s.spec);
  const running = () => markedProcesses(new Set([s.handle.id])).length;
  for (let look = 0; look < 5000 && running() < 5; look += 1) await pause(5);
  assert.ok(running() >= 5, `only ${running()} processes seen`);
  await driver.stop(s.handle, 0.2);
  assert.equal(running(), 0);
  assert.deepEqual(await driver.recover(s.handle), { kind: 'stopped' });
  rmSync(s.root, { recursive: true });
});

test('a background process in the group ends with the command', async () => {
  const driver = createLocalDriver();
  const s = scene('sleep 1000 & exit 0');
  await driver.launch(s.handle, s.spec);
  assert.deepEqual(await driver.wait(s.handle, AbortSignal.timeout(10_000)), { kind: 'exited', exitCode: 0 });
  for (let look = 0; look < 2000 && markedProcesses(new Set([s.handle.id])).length > 0; look += 1) await pause(5);
  assert.equal(markedProcesses(new Set([s.handle.id])).length, 0);
  rmSync(s.root, { recursive: true });
});

test('of several processes the first failure ends the others and is the one reported', async () => {
  const driver = createLocalDriver();
  const s = scene('if [ "$RANK" = 1 ]; then exit 7; fi; sleep 1000', 3);
  await driver.launch(s.handle, s.spec);
  assert.deepEqual(await driver.wait(s.handle, AbortSignal.timeout(15_000)), { kind: 'exited', exitCode: 7 });
  rmSync(s.root, { recursive: true });
});

test('a process whose sibling ended long before goes on to its own end', async () => {
  const driver = createLocalDriver();
  // Longer than what a launch that has ended is given before what carries its marker is killed.
  const s = scene('if [ "$RANK" = 1 ]; then exit 0; fi; sleep 2; echo saved >model', 2);
  await driver.launch(s.handle, s.spec);
  assert.deepEqual(await driver.wait(s.handle, AbortSignal.timeout(15_000)), { kind: 'exited', exitCode: 0 });
  assert.equal(readFileSync(join(s.root, 'wd', 'model'), 'utf8'), 'saved\n');
  rmSync(s.root, { recursive: true });
});

test('a process that a signal killed is told as that', async () => {
  const driver = createLocalDriver();
  const s = scene('kill -KILL $$');
  await driver.launch(s.handle, s.spec);
  assert.deepEqual(await driver.wait(s.handle, AbortSignal.timeout(10_000)), {
    kind: 'exited',
    exitCode: 137,
    signal: 'SIGKILL',
  });
  rmSync(s.root, { recursive: true });
});

test('a launch whose owner was killed with everything in it is lost', async () => {
  const driver = createLocalDriver();
  const s = scene('echo up >up; sleep 1000');
  await driver.launch(s.handle, s.spec);
  for (let look = 0; look < 5000 && !existsSync(join(s.root, 'wd', 'up')); look += 1) await pause(5);
  process.kill(-Number(readFileSync(join(s.handle.folder, '0.pid'), 'utf8').split(' ')[0]), 'SIGKILL');
  assert.deepEqual(await driver.wait(s.handle, AbortSignal.timeout(10_000)), { kind: 'lost' });
  rmSync(s.root, { recursive: true });
});

test('a launch survives the process that made it', async () => {
  const s = scene('sleep 0.3; echo done');
  const script = `
    const { createLocalDriver } = await import(${JSON.stringify(join(import.meta.dirname, 'local-driver.ts'))});
    await createLocalDriver().launch(${JSON.stringify(s.handle)}, ${JSON.stringify(s.spec)});
    process.kill(process.pid, 'SIGKILL');`;
  const server = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
  await once(server, 'exit');
  const driver = createLocalDriver();
  const state = await driver.wait(s.handle, AbortSignal.timeout(10_000));
  // The shell may not yet have written who it is when the other process died; then a second launch must start nothing new.
  if (state.kind === 'unknown') await driver.launch(s.handle, s.spec);
  assert.deepEqual(await driver.wait(s.handle, AbortSignal.timeout(10_000)), {
    kind: 'exited',
    exitCode: 0,
  });
  assert.equal(readFileSync(join(s.root, 'log_0.txt'), 'utf8'), 'done\n');
  rmSync(s.root, { recursive: true });
});

for (const [when, place] of [
  ['before its process is there', /^"\$@"/m],
  ['as its process begins', /(?<=^process=.*\n)/m],
] as const)
  test(`a shell whose group is asked to end ${when} leaves nothing running`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-owner-'));
    const id = newGuid();
    const asked = OWNER_SHELL.replace(place, 'kill -TERM 0\n$&');
    assert.notEqual(asked, OWNER_SHELL);
    const shell = spawn('/bin/sh', ['-c', asked, 'millrace', folder, '0', join(folder, 'log'), 'sleep', '20'], {
      detached: true,
      stdio: 'ignore',
      env: { PATH, [LAUNCH_MARKER]: id },
    });
    await once(shell, 'exit');
    // The signal has come to both; on a busy machine the process has not yet had the turn in which it ends of it.
    for (let look = 0; look < 1000 && markedProcesses(new Set([id])).length > 0; look += 1) await pause(5);
    assert.deepEqual(markedProcesses(new Set([id])), []);
    assert.equal(existsSync(join(folder, '0.exit')), false);
    rmSync(folder, { recursive: true });
  });
