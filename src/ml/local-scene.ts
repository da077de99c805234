// For tests: the machine learning side with the local driver, so that jobs are real processes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createLocalDriver } from '../drivers/local/index.ts';
import type { OutboundRequest, Principal } from '../http/index.ts';
import { systemClock } from '../kernel/clock.ts';
import { silentLog } from '../kernel/log.ts';
import { createEventBus, openStore, openVault } from '../store/index.ts';
import { WS } from './arm-scene.ts';
import { createMl, mlMigrations } from './index.ts';
import { jobTopic } from './jobs/engine.ts';

const PATH = '/usr/local/bin:/usr/bin:/bin';
const opened: { close(): Promise<void> }[] = [];

/** Closes every scene that was opened. */
export async function closeScenes(): Promise<void> {
  for (const scene of opened) await scene.close();
}

type Body = Record<string, unknown>;

/** A whole machine learning side on a folder of its own; opening the folder again plays a restart. Closed by {@link closeScenes}. */
export async function openLocalScene(root = mkdtempSync(join(tmpdir(), 'millrace-ml-')), strict = false, start = true) {
  mkdirSync(join(root, 'blobs'), { recursive: true });
  const vault = await openVault(join(root, 'vault.key'));
  const store = await openStore(join(root, 'db.sqlite'), mlMigrations);
  const events = createEventBus();
  const calls: OutboundRequest[] = [];
  const said: string[] = [];
  const told: (string | undefined)[] = [];
  const principal: Principal = { kind: 'owner' };
  let answers: number[] = [];
  let called: () => void = () => {};
  const ml = createMl({
    store,
    vault,
    events,
    clock: systemClock,
    log: silentLog,
    authenticate: async () => principal,
    tokens: { mlRunToken: async ({ runId }) => `token-of-${runId}` },
    download: async ({ url }) => Promise.reject(new Error(`no download of ${url} here`)),
    async outbound(request) {
      calls.push(request);
      called();
      return { status: answers.shift() ?? 204, headers: {}, body: '' };
    },
    blobs: {
      signContainerSas: () => 'sig=x',
      accountKey: () => 'key',
      hosts: (host) => /^(acct|mr[0-9a-f]{18})\./.test(host),
      pathOf: (account, container, blob) => join(root, 'blobs', account, container, blob),
    },
    driver: createLocalDriver(),
    environments: {
      release: async () => {},
      ensure: async (request) => ({
        binFolder: '/usr/bin',
        env: { BUILT_FOR: request.name },
        warnings: request.name === 'warned' ? ['pandas 2 stands in for 1.5'] : [],
      }),
    },
    provision: {
      kind: () => !strict,
      async said(line, caller) {
        said.push(line);
        told.push(caller);
      },
    },
    folder: join(root, 'ml'),
    cores: 4,
    tenantId: 't1',
    subscriptionId: 's0',
    baseUrl: () => 'http://127.0.0.1:1',
    processEnvironment: () => ({ PATH }),
  });
  if (start) await ml.start();
  let closed = false;
  const scene = {
    root,
    ml,
    calls,
    said,
    told,
    store,
    answer: (...statuses: number[]) => {
      answers = statuses;
    },
    nextCall: () =>
      new Promise<void>((resolve) => {
        called = resolve;
      }),
    async send(
      method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE',
      url: string,
      body?: unknown,
      version = '2024-04-01',
      caller?: string,
    ) {
      const answer = await ml.arm.inject({
        method,
        url: `${url}${url.includes('?') ? '&' : '?'}api-version=${version}`,
        headers: {
          authorization: 'Bearer x',
          host: 'management.azure.com',
          ...(caller === undefined ? {} : { 'x-millrace-caller': caller }),
        },
        ...(body === undefined ? {} : { payload: body as object }),
      });
      return {
        status: answer.statusCode,
        body: (answer.body === '' ? {} : JSON.parse(answer.body)) as Body,
        headers: answer.headers,
        text: answer.body,
      };
    },
    async put(url: string, properties: unknown) {
      const answer = await scene.send('PUT', `${WS}/${url}`, { properties });
      assert.ok(answer.status === 200 || answer.status === 201, `${answer.status} ${answer.text}`);
      return answer.body;
    },
    async job(name: string) {
      return (await scene.send('GET', `${WS}/jobs/${name}`)).body as {
        properties: Record<string, unknown> & { status: string };
      };
    },
    /** Waits for the job's end, told by the event bus. */
    async end(name: string): Promise<{ status: string; error?: { code: string; message: string } }> {
      const { properties } = (await scene.send('GET', WS)).body as never as { properties: { workspaceId: string } };
      for (let look = 0; look < 100; look += 1) {
        const told = events.wait(jobTopic(properties.workspaceId, name), 300);
        const job = (await scene.job(name)).properties;
        if (['Completed', 'Failed', 'Canceled'].includes(job.status)) return job as never;
        await told;
      }
      throw new Error(`${name} does not end: ${(await scene.job(name)).properties.status}`);
    },
    async running(name: string, statuses = ['Running']) {
      for (let look = 0; look < 3000; look += 1) {
        if (statuses.includes((await scene.job(name)).properties.status)) return;
        await new Promise((resolve) => setImmediate(resolve));
      }
      throw new Error(`${name} is ${(await scene.job(name)).properties.status}`);
    },
    async code(name: string, files: Record<string, string>) {
      for (const [path, text] of Object.entries(files)) {
        const file = join(root, 'blobs', 'acct', `code-${name}`, 'src', path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
      }
      await scene.put(`codes/${name}/versions/1`, { codeUri: `https://acct.blob.core.windows.net/code-${name}/src` });
      return `${WS}/codes/${name}/versions/1`;
    },
    component: (name: string, spec: object) =>
      scene.put(`components/${name}/versions/1`, {
        componentSpec: {
          name,
          version: '1',
          type: 'command',
          environment: 'azureml:AzureML-sklearn-1.5@latest',
          ...spec,
        },
      }),
    async stop() {
      if (closed) return;
      closed = true;
      await ml.stop();
      await ml.arm.close();
      await ml.dataPlane.close();
      await store.close();
    },
    async close() {
      await scene.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
  opened.push(scene);
  return scene;
}

/** A command job's body. */
export const command = (text: string, more: object = {}) => ({
  jobType: 'Command',
  command: text,
  environmentId: 'azureml:AzureML-sklearn-1.5@latest',
  computeId: `${WS}/computes/cpu-cluster`,
  experimentName: 'tests',
  ...more,
});

/** The files of a name anywhere below a folder. */
export const found = (root: string, name: string) =>
  execFileSync('find', [root, '-name', name], { encoding: 'utf8' }).trim().split('\n').filter(Boolean);
