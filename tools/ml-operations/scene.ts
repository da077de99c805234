// A machine learning side of its own, whose driver starts nothing, to be asked over its ARM service.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blobsMigrations, createBlobs } from '../../src/blobs/index.ts';
import { createDummyDriver } from '../../src/drivers/dummy/index.ts';
import type { Principal } from '../../src/http/index.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { createMl, mlMigrations } from '../../src/ml/index.ts';
import { createEventBus, openFiles, openStore, openVault } from '../../src/store/index.ts';

export type Answer = {
  readonly status: number;
  readonly body: unknown;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
};

export type Scene = {
  send(method: string, url: string, body?: unknown): Promise<Answer>;
  /** Writes a blob. */
  blob(account: string, container: string, name: string, text: string): Promise<void>;
  close(): Promise<void>;
};

export const TENANT = '11111111-1111-4111-8111-111111111111';
export const SUBSCRIPTION = '22222222-2222-4222-8222-222222222222';

export async function openScene(): Promise<Scene> {
  const root = mkdtempSync(join(tmpdir(), 'millrace-operations-'));
  const vault = await openVault(join(root, 'vault.key'));
  const store = await openStore(':memory:', [...blobsMigrations, ...mlMigrations]);
  const owner: Principal = { kind: 'owner' };
  const authenticate = async () => owner;
  const blobs = await createBlobs({
    store,
    files: openFiles(join(root, 'blobs')),
    vault,
    clock: systemClock,
    log: silentLog,
    authenticate,
  });
  const ml = createMl({
    store,
    vault,
    events: createEventBus(),
    clock: systemClock,
    log: silentLog,
    authenticate,
    tokens: { mlRunToken: async ({ runId }) => `token-of-${runId}` },
    download: async ({ url }) => Promise.reject(new Error(`no download of ${url} here`)),
    outbound: async () => ({ status: 204, headers: {}, body: '' }),
    blobs,
    driver: createDummyDriver(systemClock),
    environments: {
      ensure: async () => ({ binFolder: '/usr/bin', env: {}, warnings: [] }),
      release: async () => {},
    },
    provision: { kind: () => false, said: async () => {} },
    folder: join(root, 'ml'),
    cores: 4,
    tenantId: TENANT,
    subscriptionId: SUBSCRIPTION,
    baseUrl: () => 'http://127.0.0.1:1',
    processEnvironment: () => ({ PATH: '/usr/bin:/bin' }),
  });
  await ml.start();
  return {
    async send(method, url, body) {
      const answer = await ml.arm.inject({
        method: method as 'GET',
        url,
        headers: { authorization: 'Bearer x', host: 'management.azure.com' },
        ...(body === undefined ? {} : { payload: body as object }),
      });
      let parsed: unknown;
      try {
        parsed = answer.body === '' ? undefined : JSON.parse(answer.body);
      } catch {
        parsed = undefined;
      }
      return { status: answer.statusCode, body: parsed, text: answer.body, headers: answer.headers };
    },
    async blob(account, container, name, text) {
      await blobs.put(account, container, name, text);
    },
    async close() {
      await ml.stop();
      await ml.arm.close();
      await blobs.stop();
      await store.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
