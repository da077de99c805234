import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '../kernel/log.ts';
import { createAgentPool } from './agent-pool.ts';
import { findInstallation } from './installation.ts';

/** A pool whose agents take a job as soon as the file `take` is in their folder, and hold it until they are told to end. */
function openPool(context: { after(work: () => Promise<void>): void }, limit: number) {
  const home = mkdtempSync(join(tmpdir(), 'millrace-pool-'));
  const program = join(home, 'agent.mjs');
  writeFileSync(
    program,
    `import { existsSync, writeSync } from 'node:fs';
process.on('SIGTERM', () => process.exit(0));
process.stdin.resume();
const timer = setInterval(() => {
  if (!existsSync('take')) return;
  writeSync(3, 'busy\\n');
  clearInterval(timer);
  setInterval(() => {}, 1 << 30);
}, 5);
`,
  );
  const pool = createAgentPool({
    installation: { ...findInstallation(), program: () => program },
    home,
    limit,
    env: process.env,
    keepWarm: true,
  });
  const queue = { waiting: 0 };
  pool.start({
    url: 'http://127.0.0.1:1/millrace',
    poolId: 1,
    log: silentLog,
    token: async () => 'token',
    waitingJobs: async () => queue.waiting,
    onExit: () => {},
  });
  context.after(async () => {
    await pool.kill();
    rmSync(home, { recursive: true, force: true });
  });
  const folders = () => (existsSync(join(home, 'agents')) ? readdirSync(join(home, 'agents')) : []);
  return { pool, queue, home, agents: () => folders().length };
}

test('several jobs that wait get an agent each, at once, up to the limit', async (context) => {
  const { pool, queue, agents } = openPool(context, 3);
  assert.equal(agents(), 1);
  queue.waiting = 2;
  pool.jobQueued();
  pool.jobQueued();
  while (agents() < 2) await sleep(5);
  queue.waiting = 5;
  for (let job = 0; job < 3; job++) pool.jobQueued();
  while (agents() < 3) await sleep(5);
  // Nothing else is on its way: the demand is met as soon as it is asked for, or not at all.
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(agents(), 3);
});

test('one job for one idle agent starts no other', async (context) => {
  const { pool, queue, agents } = openPool(context, 3);
  queue.waiting = 1;
  pool.jobQueued();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(agents(), 1);
});

test('when an agent has taken its job, what still waits gets one', async (context) => {
  const { queue, home, agents } = openPool(context, 4);
  queue.waiting = 2;
  writeFileSync(join(home, 'agents', '1', 'take'), '');
  while (agents() < 3) await sleep(5);
});
