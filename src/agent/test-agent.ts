import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { JobCompletedEvent, JobRequest } from '../contracts/agent.ts';
import type { TaskManifest, TaskModule } from '../contracts/task.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { type AgentOptions, runAgent, type TaskLoader } from './index.ts';

const folder = join(import.meta.dirname, '..', '..', 'tasks');

/** The built-in tasks, found as the server finds them: by their manifests. */
export function builtInTasks(): TaskLoader {
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'task.json')));
  const all = names.map((name) => ({
    name,
    manifest: JSON.parse(readFileSync(join(folder, name, 'task.json'), 'utf8')) as TaskManifest,
  }));
  const find = (nameOrId: string, major: string) =>
    all.find(
      ({ manifest }) =>
        (manifest.id === nameOrId.toLowerCase() || manifest.name.toLowerCase() === nameOrId.toLowerCase()) &&
        String(manifest.version.Major) === major,
    );
  return {
    find: (nameOrId, major) => find(nameOrId, major)?.manifest,
    async load(id, major) {
      const found = find(id, major);
      return found && ((await import(pathToFileURL(join(folder, found.name, 'index.ts')).href)) as TaskModule);
    },
  };
}

export type TestRun = {
  readonly server: FakeServer;
  readonly work: string;
  readonly abort: AbortController;
  readonly exit: Promise<number>;
  /** Waits for the job and the agent to end, then stops the server. */
  end(): Promise<JobCompletedEvent>;
  dispose(): Promise<void>;
};

/** Starts an agent that runs one job against a fake server. */
export async function startJob(
  job: JobRequest,
  options: Partial<AgentOptions> = {},
  server?: FakeServer,
): Promise<TestRun> {
  const fake = server ?? (await startFakeServer());
  const work = await mkdtemp(join(tmpdir(), 'millrace-agent-'));
  const abort = new AbortController();
  fake.queue(job);
  const exit = runAgent({
    url: fake.url,
    token: fake.token,
    poolId: 1,
    name: 'agent-1',
    workFolder: work,
    tasks: builtInTasks(),
    env: { PATH: process.env['PATH'], HOME: work },
    once: true,
    signal: abort.signal,
    graces: { interruptMs: 300, terminateMs: 200 },
    ...options,
  });
  const dispose = async () => {
    await fake.close();
    await rm(work, { recursive: true, force: true });
  };
  return {
    server: fake,
    work,
    abort,
    exit,
    async end() {
      const event = await fake.completed();
      await exit;
      await dispose();
      return event;
    },
    dispose,
  };
}

/** Runs a job to its end. */
export async function runTestJob(job: JobRequest, options: Partial<AgentOptions> = {}) {
  const run = await startJob(job, options);
  const event = await run.end();
  return { event, server: run.server, work: run.work };
}
