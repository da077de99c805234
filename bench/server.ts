import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { interpreter } from './interpreter.ts';
import { openRawClient } from './raw-client.ts';

/** A server of its own, on a data directory of its own, for the length of a benchmark. */
export type BenchServer = {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  /** Where it listens, and the owner's token. */
  readonly url: string;
  readonly token: string;
  /** A call to the DevOps API below the organisation; answers the parsed body. */
  call(method: string, path: string, body?: unknown): Promise<any>;
  /** Queues a pipeline text and waits for its end; answers the run's id, its result and its timeline's records. */
  runPipeline(text: string, directory: string): Promise<FinishedRun>;
  stop(): Promise<void>;
};

export type TimelineRecord = {
  id: string;
  parentId: string | null;
  type: string;
  name: string;
  startTime?: string;
  finishTime?: string;
  result?: string;
};
export type FinishedRun = {
  readonly id: number;
  readonly queuedAt: number;
  readonly result: string;
  readonly records: readonly TimelineRecord[];
};

/** Starts `millrace up`. @param program path of a `bin/millrace` */
export async function startServer(program: string): Promise<BenchServer> {
  const home = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  // The interpreter itself comes first, so that jobs start the one that they are compared with.
  const path = `${dirname(interpreter())}:${process.env['PATH'] ?? ''}`;
  const env = { ...process.env, MILLRACE_HOME: home, PATH: path };
  const child = spawn(program, ['up'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const address = await readAddress(join(home, 'server.json'), child);
  const client = await openRawClient(address.url, { authorization: `Bearer ${address.token}` });
  const call: BenchServer['call'] = async (method, path, body) => {
    const answer = await client.send(method, `/millrace/${path}`, body);
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.text === '' ? undefined : JSON.parse(answer.text);
  };
  return {
    home,
    env,
    url: address.url,
    token: address.token,
    call,
    async runPipeline(text, directory) {
      const queuedAt = Date.now();
      const run = await call('POST', 'default/_apis/millrace/localruns', {
        directory,
        file: 'bench.yml',
        text,
        variables: {},
        templateParameters: {},
      });
      return followRun(call, run.id as number, queuedAt);
    },
    async stop() {
      client.close();
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function readAddress(file: string, child: ChildProcess): Promise<{ url: string; token: string }> {
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    try {
      return JSON.parse(readFileSync(file, 'utf8'));
    } catch {
      await sleep(50);
    }
  }
  throw new Error(`the server did not write ${file}`);
}

async function followRun(call: BenchServer['call'], id: number, queuedAt: number): Promise<FinishedRun> {
  let changeId = 0;
  for (;;) {
    // The pace of the command line's own screen.
    const timeline = await call(
      'GET',
      `default/_apis/build/builds/${id}/timeline?changeId=${changeId}&waitSeconds=20&paceMilliseconds=100`,
    );
    const build = await call('GET', `default/_apis/build/builds/${id}`);
    if (build.status === 'completed') {
      const last = await call('GET', `default/_apis/build/builds/${id}/timeline`);
      return { id, queuedAt, result: build.result, records: last.records };
    }
    changeId = timeline?.changeId ?? changeId;
  }
}
