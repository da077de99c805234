import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { runTool } from './run-tool.ts';

const isThere = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('who is canceled takes along what left its group, and may clear up after it', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'tool-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const stop = new AbortController();
  // As podman's build: the step is deaf to SIGTERM, in a session of its own, and the tool waits for it.
  const script = `setsid --wait sh -c 'trap "" TERM; echo $$ >step; sleep 1000 & echo $! >below; wait'; echo cleared >cleared`;
  const lines: string[] = [];
  const ran = runTool({
    command: ['sh', '-c', script],
    env: { PATH: process.env['PATH'] },
    cwd: root,
    log: (line) => lines.push(line),
    signal: stop.signal,
  });
  for (let look = 0; look < 2000 && !existsSync(join(root, 'below')); look++) await pause(5);
  await pause(50);
  stop.abort();
  await assert.rejects(ran, /was canceled/);
  assert.ok(existsSync(join(root, 'cleared')));
  for (const name of ['step', 'below']) {
    const pid = Number(readFileSync(join(root, name), 'utf8'));
    for (let look = 0; look < 1000 && isThere(pid); look++) await pause(5);
    assert.ok(!isThere(pid), name);
  }
});

test('what a tool answers in one line is whole, what it says in the log is not longer than a line may be', async () => {
  const logged: string[] = [];
  const result = await runTool({
    command: ['sh', '-c', 'head -c 9000 /dev/zero | tr "\\0" x; echo; echo https://me:secret@host/x'],
    env: { PATH: process.env['PATH'] },
    cwd: tmpdir(),
    log: (line) => logged.push(line),
    signal: new AbortController().signal,
  });
  assert.deepEqual(
    result.stdout.map((line) => line.length),
    [9000, 'https://***@host/x'.length],
  );
  assert.equal(logged[0]?.length, 4000);
  assert.equal(logged[1], 'https://***@host/x');
});
