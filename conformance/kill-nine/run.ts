// Kills the server with SIGKILL at random moments of a run, starts it again, and looks at what became of the run.
// Usage: node conformance/kill-nine/run.ts [--times 50] [--seed 1] [--program bin/millrace]
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { EXPECTED_NODES, EXPECTED_STEPS, writeProject } from './project.ts';

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
writeProject(project, witness);

type Address = { url: string; token: string; pid: number };
type Run = { id: number; logs?: unknown };

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

async function up(): Promise<Address> {
  const server = spawn(values.program, ['up'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  for (let tries = 0; tries < 400; tries++) {
    try {
      const address = JSON.parse(readFileSync(join(home, 'server.json'), 'utf8')) as Address;
      if (isAlive(address.pid) && (await fetch(`${address.url}/millrace/_apis/connectionData`, headersOf(address))).ok)
        return address;
    } catch {
      // Not there yet.
    }
    if (server.exitCode !== null) throw new Error(`millrace up ended with ${server.exitCode}`);
    await sleep(50);
  }
  throw new Error('millrace up did not answer within 20 s');
}

const headersOf = (address: Address) => ({
  headers: { authorization: `Bearer ${address.token}`, 'content-type': 'application/json' },
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function call(address: Address, method: string, path: string, body?: unknown): Promise<any> {
  const answer = await fetch(`${address.url}/millrace/default/_apis/${path}`, {
    method,
    ...headersOf(address),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

async function finish(address: Address, id: number): Promise<any> {
  const end = Date.now() + 120_000;
  while (Date.now() < end) {
    const build = await call(address, 'GET', `build/builds/${id}`);
    if (build.status === 'completed') return build;
    await sleep(100);
  }
  throw new Error(`run ${id} had not ended after 120 s`);
}

/** What is wrong with a finished run; empty when nothing is. */
async function faultsOf(address: Address, build: any, linesBefore: number): Promise<string[]> {
  const faults: string[] = [];
  if (build.result !== 'succeeded') faults.push(`ended ${build.result}`);
  const lines = readFileSync(witness, 'utf8').trim().split('\n');
  if (new Set(lines).size !== lines.length)
    faults.push(`ran twice: ${lines.filter((line, index) => lines.indexOf(line) !== index).join(', ')}`);
  const fresh = lines.slice(linesBefore);
  for (const step of EXPECTED_STEPS)
    if (!fresh.includes(`step ${step} ${build.id}`)) faults.push(`step ${step} did not run`);
  for (const node of EXPECTED_NODES) {
    const count = fresh.filter((line) => line.startsWith(`node ${node} `)).length;
    if (count !== 1) faults.push(`node ${node} ran ${count} times`);
  }
  const timeline = await call(address, 'GET', `build/builds/${build.id}/timeline`);
  const counted = timeline.records.find(
    (record: any) => record.type === 'Task' && record.name.includes('Bash') && record.log,
  );
  const log = counted
    ? await (
        await fetch(`${address.url}/millrace/default/_apis/build/builds/${build.id}/logs/${counted.log.id}`, {
          headers: { ...headersOf(address).headers, accept: 'text/plain' },
        })
      ).text()
    : '';
  const numbers = [...log.matchAll(/ counted (\d+)\s*$/gm)].map((match) => Number(match[1]));
  if (numbers.join() !== Array.from({ length: 20 }, (_, index) => index + 1).join())
    faults.push(`the first step's log holds ${numbers.join() || 'nothing'}`);
  return faults;
}

let failures = 0;
let address = await up();
// One run that is left alone says how long a run takes; the moments are drawn from that span.
const start = Date.now();
const untouched = await call(address, 'POST', 'millrace/localruns', {
  directory: project,
  file: 'azure-pipelines.yml',
  variables: {},
  templateParameters: {},
});
const first = await finish(address, untouched.id);
const span = Date.now() - start;
const firstFaults = await faultsOf(address, first, 0);
if (firstFaults.length > 0) throw new Error(`the undisturbed run is wrong already: ${firstFaults.join('; ')}`);
console.log(`an undisturbed run takes ${span} ms`);

for (let round = 1; round <= times; round++) {
  const linesBefore = readFileSync(witness, 'utf8').trim().split('\n').length;
  const moment = Math.floor(random() * span);
  const run: Run = await call(address, 'POST', 'millrace/localruns', {
    directory: project,
    file: 'azure-pipelines.yml',
    variables: {},
    templateParameters: {},
  });
  await sleep(moment);
  process.kill(address.pid, 'SIGKILL');
  while (isAlive(address.pid)) await sleep(5);
  await sleep(Math.floor(random() * 500));
  address = await up();
  const faults = await finish(address, run.id).then(
    (build) => faultsOf(address, build, linesBefore),
    (error: Error) => [error.message],
  );
  if (faults.length > 0) failures++;
  console.log(
    `${String(round).padStart(3)}  killed at ${String(moment).padStart(6)} ms  run ${run.id}  ${faults.length === 0 ? 'ok' : `WRONG: ${faults.join('; ')}`}`,
  );
}
process.kill(address.pid, 'SIGTERM');
if (failures === 0) rmSync(root, { recursive: true, force: true });
else console.log(`the data directory is kept in ${root}`);
console.log(`${times - failures} passed, ${failures} failed`);
process.exitCode = failures === 0 ? 0 : 1;
