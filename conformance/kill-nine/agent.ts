// Kills an agent with SIGKILL in the middle of a step, and looks at what the timeline says and what is left running: once under the
// server that started the agent, once under the next one, which learns of the death only when the claim runs out.
// Usage: node conformance/kill-nine/agent.ts [--program bin/millrace]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { begun, until, writeLongStep } from './long-step.ts';
import { type Address, call, down, finished, isAlive, killNine, queueRun, up } from './server.ts';

const { values } = parseArgs({
  options: { program: { type: 'string', default: resolve(import.meta.dirname, '../../bin/millrace') } },
});
const root = mkdtempSync(join(tmpdir(), 'millrace-kill-agent-'));
const home = join(root, 'home');
const env = { ...process.env, MILLRACE_HOME: home };
/** The life of a claim is 30 s. */
const NOTICED_MS = 40_000;
const CHILDREN_MS = 5_000;

async function faultsOf(address: Address, id: number): Promise<string[]> {
  const build = await finished(address, id, NOTICED_MS);
  const faults: string[] = [];
  if (build.result !== 'failed') faults.push(`the run ended ${build.result}`);
  const { records } = await call(address, 'GET', `build/builds/${id}/timeline`);
  const expect = (kind: string, name: string | undefined, results: string[]) => {
    for (const record of records) {
      if (record.type !== kind || (name !== undefined && record.name !== name)) continue;
      if (record.state !== 'completed' || !results.includes(record.result))
        faults.push(`${kind} '${record.name}' is ${record.state}, ${record.result}`);
    }
    if (
      !records.some(
        (record: { type: string; name: string }) => record.type === kind && (name ?? record.name) === record.name,
      )
    )
      faults.push(`there is no ${kind} ${name ?? ''}`);
  };
  expect('Task', 'Long', ['abandoned']);
  expect('Job', undefined, ['abandoned']);
  expect('Stage', undefined, ['failed']);
  const open = records.filter((record: { state: string }) => record.state !== 'completed');
  if (open.length > 0) faults.push(`${open.length} records are still open`);
  const issues = records.flatMap((record: { issues?: { message: string }[] }) => record.issues ?? []);
  if (!issues.some((issue: { message: string }) => /local-\d+/.test(issue.message)))
    faults.push('nothing names the agent');
  return faults;
}

let failures = 0;
let address = await up(values.program, home, env);
try {
  for (const other of [false, true]) {
    const step = writeLongStep(join(root, other ? 'next-server' : 'own-server'));
    const id = await queueRun(address, step.folder);
    const { processes, agent } = await begun(address, home, id, step);
    if (other) {
      await killNine(address.pid);
      address = await up(values.program, home, env);
      if (!isAlive(agent)) throw new Error('the agent did not outlive its server');
    }
    await killNine(agent);
    const start = performance.now();
    const faults = await until('children of the agent were alive', CHILDREN_MS, () =>
      processes.some(isAlive) ? undefined : [],
    ).then(
      () => faultsOf(address, id),
      (error: Error) => [error.message],
    );
    if (step.wentOn()) faults.push('a later step ran');
    if (faults.length > 0) failures++;
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(
      `agent killed under ${other ? 'the next' : 'its own'} server: noticed after ${seconds} s  ${faults.length === 0 ? 'ok' : `WRONG: ${faults.join('; ')}`}`,
    );
  }
} finally {
  await down(address);
}
if (failures === 0) rmSync(root, { recursive: true, force: true });
else console.log(`the data directory is kept in ${root}`);
process.exitCode = failures === 0 ? 0 : 1;
