import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, type Row, timed } from './measure.ts';
import { openRawClient } from './raw-client.ts';
import type { BenchServer } from './server.ts';

const SINGLE_CALLS = 40;
const BATCHES = 5;
const BATCH = 1000;
const MILLION = 1_000_000;
const POINTS = 320;

/** A tracking service that a run was made in. */
type Side = {
  /** A connection for one series of calls; mlflow's server closes one that rests for 5 s. */
  connect(): Promise<Connection>;
  readonly run: string;
};
type Connection = {
  readonly send: (method: string, path: string, body?: unknown) => Promise<string>;
  close(): void;
};

/**
 * Metrics logged by REST calls from one connection, each call after the answer to the last, which both sides give when what was logged is on disk;
 * against `mlflow server` on SQLite, which is installed where the conformance clients are. Rounds alternate between the sides. Then a million points of one
 * metric, read back thinned, against reading all of them from the same server.
 */
export async function metricLogging(server: BenchServer, program: string, rounds: number): Promise<Row[]> {
  const mlflow = await startMlflow();
  const bare = await startBare(server.home);
  try {
    const ours = await openOurs(server, program);
    const theirs = await openSide(mlflow.url, '', {});
    const single: [number[], number[]] = [[], []];
    const batches: [number[], number[]] = [[], []];
    const least: number[] = [];
    for (let round = -1; round < rounds; round++)
      for (const [at, side] of [ours, theirs].entries()) {
        const limit = at === 0 ? await bare.logSingle() : undefined;
        const call = await logSingle(side, round);
        const batch = await logBatches(side, round);
        if (round < 0) continue;
        if (limit !== undefined) least.push(limit);
        single[at]?.push(call);
        batches[at]?.push(batch);
      }
    const rows: Row[] = [
      {
        what: 'a metric logged by a call',
        against: '`mlflow server` on SQLite',
        ours: median(single[0]),
        theirs: median(single[1]),
        goal: 1 / 50,
        rounds,
        note: perSecond(single, 1, 'calls'),
      },
      {
        what: 'a metric logged by a call',
        against: 'the limit: a bare Node server that syncs a block and answers',
        ours: median(single[0]),
        theirs: median(least),
        rounds,
        note: `${(median(single[1]) / median(least)).toFixed(0)} times \`mlflow server\` is what the limit allows`,
      },
      {
        what: `${BATCH} metrics logged by a call (10 keys, 100 steps each)`,
        against: '`mlflow server` on SQLite',
        ours: median(batches[0]),
        theirs: median(batches[1]),
        goal: 1 / 15,
        rounds,
        note: perSecond(batches, BATCH, 'metrics'),
      },
      await thinnedMillion(ours),
    ];
    return rows;
  } finally {
    await bare.stop();
    await mlflow.stop();
  }
}

/** A server without a product in it: what one call after the other can be at best, over HTTP in a Node process, and on disk when it is answered. */
async function startBare(folder: string): Promise<{ logSingle(): Promise<number>; stop(): Promise<void> }> {
  const file = join(folder, 'bare-durable-server');
  const child = spawn(process.execPath, [join(import.meta.dirname, 'bare-durable-server.ts'), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (line: Buffer) => resolve(Number(line)));
    child.once('exit', (code) => reject(new Error(`the bare server ended with ${code}`)));
  });
  const side: Side = {
    run: 'bare',
    async connect() {
      const client = await openRawClient(`http://127.0.0.1:${port}`, {});
      return {
        send: async (method, path, body) => (await client.send(method, `/${path}`, body)).text,
        close: () => client.close(),
      };
    },
  };
  return {
    logSingle: () => logSingle(side, 0),
    async stop() {
      child.kill('SIGKILL');
      await ended;
      rmSync(file, { force: true });
    },
  };
}

const perSecond = (sides: readonly [number[], number[]], each: number, unit: string) =>
  `${sides.map((side) => Math.round((each * 1000) / median(side)).toLocaleString('en')).join(` ${unit} a second, theirs `)}`;

async function openOurs(server: BenchServer, program: string): Promise<Side> {
  const az = (...args: string[]) => {
    const done = spawnSync(program, ['az', ...args], { env: server.env, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`az ${args.join(' ')}: ${done.stderr}`);
  };
  az('login', '--identity');
  az('group', 'create', '-n', 'bench-rg', '-l', 'eastus');
  az('ml', 'workspace', 'create', '-g', 'bench-rg', '-n', 'bench-ws');
  return openSide(server.url, '/mlflow', { authorization: `Bearer ${server.token}` });
}

async function openSide(url: string, prefix: string, headers: Readonly<Record<string, string>>): Promise<Side> {
  const connect = async (): Promise<Connection> => {
    const client = await openRawClient(url, headers);
    return {
      async send(method, path, body) {
        const { status, text } = await client.send(method, `${prefix}/api/2.0/mlflow/${path}`, body).catch((cause) => {
          throw new Error(`${method} ${url}${prefix}/…/${path} was not answered`, { cause });
        });
        if (status !== 200) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 500)}`);
        return text;
      },
      close: () => client.close(),
    };
  };
  const { send, close } = await connect();
  const made = await send('POST', 'runs/create', { experiment_id: '0', start_time: Date.now() });
  close();
  return { connect, run: JSON.parse(made).run.info.run_id as string };
}

/** Milliseconds a call. */
async function logSingle({ connect, run }: Side, round: number): Promise<number> {
  const { send, close } = await connect();
  const bodies = Array.from({ length: SINGLE_CALLS }, (_, step) => ({
    run_id: run,
    key: `single-${round}`,
    value: Math.sin(step),
    timestamp: Date.now(),
    step,
  }));
  const taken = await timed(async () => {
    for (const body of bodies) await send('POST', 'runs/log-metric', body);
  });
  close();
  return taken / SINGLE_CALLS;
}

/** Milliseconds a batch. */
async function logBatches({ connect, run }: Side, round: number): Promise<number> {
  const { send, close } = await connect();
  const bodies = Array.from({ length: BATCHES }, (_, batch) => ({
    run_id: run,
    metrics: Array.from({ length: BATCH }, (_, index) => ({
      key: `batch-${index % 10}`,
      value: Math.sin(index),
      timestamp: Date.now(),
      step: ((round + 1) * BATCHES + batch) * 100 + Math.floor(index / 10),
    })),
  }));
  const taken = await timed(async () => {
    for (const body of bodies) await send('POST', 'runs/log-batch', body);
  });
  close();
  return taken / BATCHES;
}

async function thinnedMillion({ connect, run }: Side): Promise<Row> {
  const { send, close } = await connect();
  for (let at = 0; at < MILLION; at += BATCH) {
    const metrics = Array.from({ length: BATCH }, (_, index) => ({
      key: 'million',
      value: Math.sin((at + index) / 1000),
      timestamp: 1_700_000_000_000 + at + index,
      step: at + index,
    }));
    await send('POST', 'runs/log-batch', { run_id: run, metrics });
  }
  const thinned: number[] = [];
  for (let round = -1; round < 15; round++) {
    const query = `run_ids=${run}&metric_key=million&max_results=${POINTS}`;
    const taken = await timed(() => send('GET', `metrics/get-history-bulk-interval?${query}`));
    if (round >= 0) thinned.push(taken);
  }
  const whole = await timed(async () => {
    let token = '';
    do {
      const page = await send(
        'GET',
        `metrics/get-history?run_id=${run}&metric_key=million&page_token=${encodeURIComponent(token)}`,
      );
      token = JSON.parse(page).next_page_token ?? '';
    } while (token !== '');
  });
  close();
  return {
    what: `${POINTS} points of a metric of a million, read by a call`,
    against: 'all of them, in pages, from the same server',
    ours: median(thinned),
    theirs: whole,
    rounds: thinned.length,
  };
}

/** The program that `conformance/set-up.sh` installs, or that MILLRACE_CLIENTS or PATH has. */
function mlflowProgram(): string {
  const clients = process.env['MILLRACE_CLIENTS'] ?? resolve(import.meta.dirname, '../conformance/.clients');
  const installed = join(clients, 'mlflow/bin/mlflow');
  return existsSync(installed) ? installed : 'mlflow';
}

async function startMlflow(): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-mlflow-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    mlflowProgram(),
    [
      'server',
      '--backend-store-uri',
      `sqlite:///${folder}/mlflow.db`,
      '--artifacts-destination',
      `${folder}/artifacts`,
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      // One client that waits for each answer keeps one worker busy; more only take time to start.
      '--workers',
      '1',
    ],
    { stdio: 'ignore', cwd: folder, detached: true, env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true' } },
  );
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  let missing: Error | undefined;
  child.once('error', (error) => {
    missing = new Error(`mlflow could not be started (${error.message}): run conformance/set-up.sh, or put it on PATH`);
  });
  const stop = async () => {
    killGroup(child);
    if (!missing) await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 1500; tries++) {
    if (missing) throw missing;
    if (child.exitCode !== null) throw new Error(`mlflow server ended with ${child.exitCode}`);
    const answered = await fetch(`${url}/health`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (answered) return { url, stop };
    await sleep(200);
  }
  await stop();
  throw new Error('mlflow server did not answer');
}

/** The server starts workers of its own: the whole group goes. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, '127.0.0.1', listening));
  const { port } = probe.address() as { port: number };
  await new Promise<void>((closed) => probe.close(() => closed()));
  return port;
}
