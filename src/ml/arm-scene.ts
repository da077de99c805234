// For tests: the machine learning side on a folder of its own, asked by its ARM routes.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createDummyDriver } from '../drivers/dummy/index.ts';
import type { Principal } from '../http/index.ts';
import { type Clock, systemClock } from '../kernel/clock.ts';
import { silentLog } from '../kernel/log.ts';
import { createEventBus, openStore, openVault } from '../store/index.ts';
import { createMl, mlMigrations } from './index.ts';

export const SUBSCRIPTION = '/subscriptions/s1/resourceGroups/rg/providers/Microsoft.MachineLearningServices';
/** The workspace of scenes. */
export const WS = `${SUBSCRIPTION}/workspaces/ws`;

// biome-ignore lint/suspicious/noExplicitAny: tests reach into answers of every shape
type Answer = { readonly status: number; readonly body: any; readonly headers: Readonly<Record<string, unknown>> };

export type ArmScene = Awaited<ReturnType<typeof openArmScene>>;

/**
 * Opens a scene. Jobs run on the dummy driver, their variables steer them.
 * @param options `root`: the folder of an earlier scene, to play a restart
 */
export async function openArmScene(
  options: { readonly root?: string; readonly clock?: Clock; readonly cores?: number } = {},
) {
  const root = options.root ?? mkdtempSync(join(tmpdir(), 'millrace-arm-'));
  mkdirSync(join(root, 'blobs'), { recursive: true });
  const store = await openStore(join(root, 'db.sqlite'), mlMigrations);
  const principal: Principal = { kind: 'owner' };
  const events = createEventBus();
  const clock = options.clock ?? systemClock;
  const driver = createDummyDriver(clock);
  const ml = createMl({
    store,
    vault: await openVault(join(root, 'vault.key')),
    events,
    clock,
    log: silentLog,
    authenticate: async () => principal,
    tokens: { mlRunToken: async ({ runId }) => `token-of-${runId}` },
    download: async ({ url }) => Promise.reject(new Error(`no download of ${url} here`)),
    outbound: async () => ({ status: 204, headers: {}, body: '' }),
    blobs: {
      signContainerSas: ({ container, permissions }) => `sig=${container}&sp=${permissions}`,
      accountKey: (account) => `key-of-${account}`,
      hosts: (host) => /^mr[0-9a-f]{18}\./.test(host),
      pathOf: (account, container, blob) => join(root, 'blobs', account, container, blob),
    },
    driver,
    environments: {
      ensure: async () => ({ binFolder: '/usr/bin', env: {}, warnings: [] }),
      release: async () => {},
    },
    provision: { kind: () => true, said: async () => {} },
    folder: join(root, 'ml'),
    cores: options.cores ?? 4,
    tenantId: 't1',
    subscriptionId: 's0',
    baseUrl: () => 'http://127.0.0.1:1',
    processEnvironment: () => ({}),
  });
  await ml.start();
  const ask = async (
    service: 'arm' | 'dataPlane',
    method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE',
    url: string,
    body?: unknown,
  ): Promise<Answer> => {
    const answer = await ml[service].inject({
      method,
      url: `${url}${url.includes('?') ? '&' : '?'}api-version=2024-04-01`,
      headers: {
        authorization: 'Bearer x',
        host: service === 'arm' ? 'management.azure.com' : 'eastus.api.azureml.ms',
      },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    return {
      status: answer.statusCode,
      body: answer.body === '' ? {} : JSON.parse(answer.body),
      headers: answer.headers,
    };
  };
  await ask('arm', 'PUT', WS, {});
  return {
    root,
    ml,
    driver,
    store,
    events,
    clock,
    ask,
    get: (url: string) => ask('arm', 'GET', url),
    post: (url: string, body: unknown = {}) => ask('arm', 'POST', url, body),
    put: (url: string, properties: unknown) => ask('arm', 'PUT', url, { properties }),
    delete: (url: string) => ask('arm', 'DELETE', url),
    /** Follows a list's links to its end. */
    async all(url: string): Promise<Answer['body'][]> {
      const items: Answer['body'][] = [];
      for (let next: string | undefined = url; next !== undefined; ) {
        const { body }: Answer = await ask('arm', 'GET', next);
        items.push(...body.value);
        next = body.nextLink?.replace('https://management.azure.com', '').replace(/[?&]api-version=[^&]*/, '');
      }
      return items;
    },
    /** Writes a file where the blob service keeps it. */
    blob(account: string, container: string, name: string, text: string) {
      const file = join(root, 'blobs', account, container, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    },
    /** Closes it; the folder stays for a scene to come. */
    async stop() {
      await ml.stop();
      await ml.arm.close();
      await ml.dataPlane.close();
      await store.close();
    },
    async close() {
      await this.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
