import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the server writes down of itself for its owner. */
export type Address = { readonly url: string; readonly token: string; readonly pid: number };

/** Starting a server takes so long at most, on a busy machine. */
const START_MS = 30_000;

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Runs `millrace up` for the data directory `home` and resolves when the server answers. @throws when it ends or is silent for too long */
export async function up(program: string, home: string, env: NodeJS.ProcessEnv): Promise<Address> {
  let said = '';
  const server: ChildProcess = spawn(program, ['up'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  server.stderr?.on('data', (piece: Buffer) => {
    said += piece.toString();
  });
  const end = performance.now() + START_MS;
  while (performance.now() < end) {
    const address = addressIn(home);
    if (address && isAlive(address.pid) && (await answers(address))) return address;
    if (server.exitCode !== null) throw new Error(`millrace up ended with ${server.exitCode}: ${said}`);
    await sleep(20);
  }
  server.kill('SIGKILL');
  throw new Error(`millrace up did not answer within ${START_MS / 1000} s: ${said}`);
}

/** Runs `millrace up` and kills it, and whatever it started in its own process group, after so many milliseconds. */
export async function killStarting(
  program: string,
  home: string,
  env: NodeJS.ProcessEnv,
  milliseconds: number,
): Promise<void> {
  const server = spawn(program, ['up'], { env, stdio: 'ignore', detached: true });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  await sleep(milliseconds);
  try {
    process.kill(-(server.pid as number), 'SIGKILL');
  } catch (cause) {
    throw new Error(`the server that starts in ${home} ended by itself`, { cause });
  }
  await ended;
}

/** Sends SIGKILL and resolves when the process is gone. */
export async function killNine(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  while (isAlive(pid)) await sleep(5);
}

/** Asks the server to end and resolves when it has. */
export async function down(address: Address): Promise<void> {
  if (isAlive(address.pid)) process.kill(address.pid, 'SIGTERM');
  while (isAlive(address.pid)) await sleep(20);
}

function addressIn(home: string): Address | undefined {
  try {
    return JSON.parse(readFileSync(join(home, 'server.json'), 'utf8')) as Address;
  } catch {
    return undefined;
  }
}

async function answers(address: Address): Promise<boolean> {
  return fetch(`${address.url}/millrace/_apis/connectionData`, { headers: headersOf(address) }).then(
    (answer) => answer.ok,
    () => false,
  );
}

const headersOf = (address: Address) => ({
  authorization: `Bearer ${address.token}`,
  'content-type': 'application/json',
});

/** A request to the default project's REST API. @returns the parsed answer, or its text when `accept` is text/plain */
export async function call(
  address: Address,
  method: string,
  path: string,
  body?: unknown,
  accept = 'application/json',
): Promise<any> {
  const answer = await fetch(`${address.url}/millrace/default/_apis/${path}`, {
    method,
    headers: { ...headersOf(address), accept },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return accept === 'text/plain' ? text : text === '' ? undefined : JSON.parse(text);
}

/** Queues a run of the pipeline in a folder. @returns its id */
export async function queueRun(address: Address, directory: string): Promise<number> {
  const run = await call(address, 'POST', 'millrace/localruns', {
    directory,
    file: 'azure-pipelines.yml',
    variables: {},
    templateParameters: {},
  });
  return run.id;
}

/** The finished run. @throws when it has not ended after `milliseconds` */
export async function finished(address: Address, id: number, milliseconds: number): Promise<any> {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    const build = await call(address, 'GET', `build/builds/${id}`);
    if (build.status === 'completed') return build;
    await sleep(50);
  }
  throw new Error(`run ${id} had not ended after ${milliseconds / 1000} s`);
}
