// For tests: jobs on the dummy driver, on a clock that stands still until told.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { type FakeClock, fakeClock } from '../kernel/clock.ts';
import { openArmScene, WS } from './arm-scene.ts';
import { defaultContainer, storageAccountOf } from './places.ts';

type Job = Record<string, unknown> & { readonly status: string };

export type JobScene = {
  readonly clock: FakeClock;
  send(method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): ReturnType<Arm['ask']>;
  /** Puts a resource of the workspace. @throws when it is refused */
  put(path: string, properties: unknown): Promise<unknown>;
  /** A job's properties. */
  job(name: string): Promise<Job>;
  /** Waits, without the clock, until a job has one of the statuses. */
  until(name: string, ...statuses: string[]): Promise<Job>;
  /** Waits, without the clock, until something holds. @param what for the message when it never does */
  eventually(what: string, holds: () => Promise<boolean> | boolean): Promise<void>;
  /** Statuses of the runs below a run, by their ids. */
  children(runId: string): Promise<Record<string, string>>;
  /** What run history answers under the workspace. */
  history(path: string): Promise<unknown>;
  /** Logs a value of a metric for a run, as a package inside it does. */
  logMetric(runId: string, name: string, value: number, step?: number): Promise<void>;
  /** Folder of a path in the default datastore. */
  datastoreFolder(path: string): Promise<string>;
  /** How many launches were ever begun. */
  launches(): number;
  /** Takes the machine away under everything that runs now. */
  loseNodes(): void;
  /** Executes a statement behind the server's back. @returns its rows */
  sql(statement: string): Promise<readonly unknown[]>;
  /** Another server on the same data; this one is stopped first. */
  restart(): Promise<void>;
  close(): Promise<void>;
};
type Arm = Awaited<ReturnType<typeof openArmScene>>;

/** @param cores how many nodes the machine runs at once */
export async function openJobScene(cores = 4): Promise<JobScene> {
  const clock = fakeClock();
  let arm = await openArmScene({ clock, cores });
  const scene: JobScene = {
    clock,
    send: (method, path, body) => arm.ask('arm', method, `${WS}/${path}`, body),
    async put(path, properties) {
      const answer = await arm.put(`${WS}/${path}`, properties);
      if (answer.status !== 200 && answer.status !== 201)
        throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    job: async (name) => (await arm.get(`${WS}/jobs/${name}`)).body.properties,
    async eventually(what, holds) {
      for (let look = 0; look < 5000; look += 1) {
        if (await holds()) return;
        await new Promise((resolve) => setImmediate(resolve));
      }
      throw new Error(`It never came to this: ${what}`);
    },
    async until(name, ...statuses) {
      let last: Job | undefined;
      const holds = async () => {
        last = await scene.job(name);
        return statuses.includes(last.status);
      };
      await scene.eventually(`${name} is ${statuses.join(' or ')}`, holds).catch((error: Error) => {
        throw new Error(`${error.message}, but ${last?.status} ${JSON.stringify(last?.['error'])}`);
      });
      return last as Job;
    },
    history: async (path) => (await arm.ask('dataPlane', 'GET', `/history/v1.0${WS}/${path}`)).body,
    async children(runId) {
      const { body } = await arm.ask('dataPlane', 'GET', `/history/v1.0${WS}/runs/${runId}/children`);
      return Object.fromEntries(body.value.map((run: { runId: string; status: string }) => [run.runId, run.status]));
    },
    async logMetric(run_id, key, value, step = 0) {
      const body = { run_id, key, value, step, timestamp: clock.now().getTime() };
      const answer = await arm.ask('dataPlane', 'POST', `/mlflow/v2.0${WS}/api/2.0/mlflow/runs/log-metric`, body);
      if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    },
    async datastoreFolder(path) {
      const id: string = (await arm.get(WS)).body.properties.workspaceId;
      return join(arm.root, 'blobs', storageAccountOf(id), defaultContainer(id), path);
    },
    launches() {
      const runs = join(arm.root, 'ml', 'runs');
      const begun = (launch: string) => existsSync(join(runs, launch, 'launch', 'dummy.json'));
      return existsSync(runs) ? readdirSync(runs).filter(begun).length : 0;
    },
    loseNodes: () => arm.driver.lose(),
    async sql(statement) {
      return (await arm.store.write((writer) => sql.raw(statement).execute(writer))).rows;
    },
    async restart() {
      await arm.stop();
      arm = await openArmScene({ clock, cores, root: arm.root });
    },
    close: () => arm.close(),
  };
  return scene;
}
