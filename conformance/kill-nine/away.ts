// The server is killed with SIGKILL and stays away for longer than a claim lives. Agents without a job end by themselves; the one with a
// job goes on, and the next server takes its word.
// Usage: node conformance/kill-nine/away.ts [--program bin/millrace]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { begun, livingAgents, until, writeLongStep } from './long-step.ts';
import { call, down, finished, isAlive, killNine, queueRun, up } from './server.ts';

const { values } = parseArgs({
  options: { program: { type: 'string', default: resolve(import.meta.dirname, '../../bin/millrace') } },
});
const root = mkdtempSync(join(tmpdir(), 'millrace-away-'));
const home = join(root, 'home');
const env = { ...process.env, MILLRACE_HOME: home };
/** More than the 30 s that a claim lives. */
const AWAY_MS = 33_000;
const IDLE_MS = 30_000;

const faults: string[] = [];
let address = await up(values.program, home, env);
try {
  const step = writeLongStep(join(root, 'project'));
  const id = await queueRun(address, step.folder);
  const { processes, agent } = await begun(address, home, id, step);
  const idle = await until('no agent was idle', 10_000, () => {
    const others = livingAgents(home).filter((pid) => pid !== agent);
    return others.length > 0 ? others : undefined;
  });
  await killNine(address.pid);
  const start = performance.now();
  await until('idle agents were alive', IDLE_MS, () => (idle.some(isAlive) ? undefined : true));
  console.log(`idle agents ended ${((performance.now() - start) / 1000).toFixed(1)} s after their server`);
  await sleep(AWAY_MS - (performance.now() - start));
  if (![agent, ...processes].every(isAlive)) faults.push('the agent with a job, or its step, did not go on');
  // The step ends while nobody is there to hear of it.
  writeFileSync(step.flag, '');
  // Processes that the step leaves running hold its output open for a while.
  await until('the next step had not run', 15_000, () => (step.wentOn() ? true : undefined));
  address = await up(values.program, home, env);
  const build = await finished(address, id, 20_000);
  if (build.result !== 'succeeded') faults.push(`the run ended ${build.result}`);
  const { records } = await call(address, 'GET', `build/builds/${id}/timeline`);
  for (const record of records)
    if (record.state !== 'completed' || record.result !== 'succeeded')
      faults.push(`${record.type} '${record.name}' is ${record.state}, ${record.result}`);
  await until('the agent or its children were alive', 10_000, () =>
    [agent, ...processes].some(isAlive) ? undefined : true,
  );
} catch (error) {
  faults.push((error as Error).message);
} finally {
  await down(address);
}
if (faults.length === 0) rmSync(root, { recursive: true, force: true });
console.log(
  faults.length === 0 ? 'server away for 33 s: ok' : `WRONG: ${faults.join('; ')}; the data is kept in ${root}`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
