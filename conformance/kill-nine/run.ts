// Kills the server with SIGKILL at random moments of a run, starts it again, and looks at what became of the run.
// Usage: node conformance/kill-nine/run.ts [--times 50] [--seed 1] [--program bin/millrace]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { faultsOf, linesOf } from './faults.ts';
import { livingAgents, until } from './long-step.ts';
import { writeProject } from './project.ts';
import { type Address, down, finished, killNine, killStarting, queueRun, up } from './server.ts';

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    program: { type: 'string', default: resolve(import.meta.dirname, '../../bin/millrace') },
  },
});
const times = Number(values.times);
const random = mulberry32(Number(values.seed));
const root = mkdtempSync(join(tmpdir(), 'millrace-kill-'));
const home = join(root, 'home');
const witness = join(root, 'witness');
const project = join(root, 'project');
const env = { ...process.env, MILLRACE_HOME: home };
/** A run that has not ended by then has been lost. Longer than the life of a claim, shorter than patience. */
const RUN_MS = 90_000;
/** An agent without a server and a job ends by itself within this time. */
const LEFT_MS = 30_000;
/** In this share of the rounds the next server is killed too, within this time from its start. */
const EARLY_SHARE = 0.25;
const EARLY_MS = 1_500;
/** The longest time without a server. */
const AWAY_MS = 500;

/** A small seeded generator, so that a failure can be had again with its seed. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function undisturbed(address: Address): Promise<number> {
  const before = linesOf(witness).length;
  const start = performance.now();
  const build = await finished(address, await queueRun(address, project), RUN_MS);
  const span = performance.now() - start;
  const faults = await faultsOf(address, build, witness, before);
  if (faults.length > 0) throw new Error(`an undisturbed run is wrong already: ${faults.join('; ')}`);
  return span;
}

writeProject(project, witness);
let failures = 0;
let address = await up(values.program, home, env);
try {
  // The first makes what the pipeline names; the second says how long a run takes: the moments are drawn from that span.
  await undisturbed(address);
  const span = await undisturbed(address);
  console.log(`an undisturbed run takes ${Math.round(span)} ms`);
  for (let round = 1; round <= times; round++) {
    const before = linesOf(witness).length;
    const moment = Math.floor(random() * span);
    const away = Math.floor(random() * AWAY_MS);
    const id = await queueRun(address, project);
    await sleep(moment);
    await killNine(address.pid);
    await sleep(away);
    // The next server may not live long either: it dies while it takes up what the last one left.
    const early = random() < EARLY_SHARE ? Math.floor(random() * EARLY_MS) : undefined;
    if (early !== undefined) await killStarting(values.program, home, env, early);
    address = await up(values.program, home, env);
    const start = performance.now();
    const faults = await finished(address, id, RUN_MS).then(
      (build) => faultsOf(address, build, witness, before),
      (error: Error) => [error.message],
    );
    const took = Math.round(performance.now() - start);
    if (faults.length > 0) failures++;
    const again = early === undefined ? '' : ` and ${early} ms into the next start`;
    const verdict = faults.length === 0 ? 'ok' : `WRONG: ${faults.join('; ')}`;
    console.log(
      `${String(round).padStart(3)}  killed at ${String(moment).padStart(6)} ms${again}  ended ${String(took).padStart(6)} ms after the restart  run ${id}  ${verdict}`,
    );
  }
} finally {
  await down(address);
}
// Every server left agents behind, which its successors used: none may be left over.
const left = livingAgents(home).length;
await until('agents were left running', LEFT_MS, () => (livingAgents(home).length === 0 ? true : undefined)).catch(
  (error: Error) => {
    failures++;
    console.log(error.message);
  },
);
console.log(
  `${left} agents of earlier servers were there at the end, all gone by now: ${livingAgents(home).length === 0}`,
);
if (failures === 0) rmSync(root, { recursive: true, force: true });
else console.log(`the data directory is kept in ${root}`);
console.log(`seed ${values.seed}: ${times - failures} passed, ${failures} failed`);
process.exitCode = failures === 0 ? 0 : 1;
