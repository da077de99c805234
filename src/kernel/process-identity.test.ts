import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSameProcess, processStart } from './process-identity.ts';

test('a process is known by its pid and its start', () => {
  const own = processStart(process.pid);
  assert.ok(own);
  assert.equal(isSameProcess(process.pid, own), true);
  assert.equal(isSameProcess(process.pid, { ...own, started: `${own.started}1` }), false);
  assert.equal(isSameProcess(process.pid, { ...own, boot: 'another' }), false);
  assert.equal(isSameProcess(process.ppid, own), false);
});

test('a process that has ended is none, waited for or not', async (context) => {
  // The shell's child ends at once, and the program that the shell then becomes waits for nobody.
  const parent = spawn('sh', ['-c', 'sh -c "echo \\$\\$" & exec sleep 1000'], { stdio: ['ignore', 'pipe', 'ignore'] });
  context.after(() => parent.kill());
  const pid = Number(String((await once(parent.stdout, 'data'))[0]));
  while (processStart(pid) !== undefined) await sleep(5);
  process.kill(pid, 0);
  parent.kill();
  await once(parent, 'exit');
  assert.equal(processStart(parent.pid as number), undefined);
});
