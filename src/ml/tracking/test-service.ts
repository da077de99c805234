import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createService, type Principal } from '../../http/index.ts';
import { fakeClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { openStore } from '../../store/index.ts';
import { parseDatastoreUri, workspaceResourceId } from '../places.ts';
import { mlMigrations } from '../tables.ts';
import type { Workspace } from '../types.ts';
import type { WebhookDeps, WorkspaceKeeper } from './call.ts';
import { createTracking, toMlflowError, trackingMigrations } from './index.ts';

export const workspace: Workspace = {
  id: '11111111-2222-4333-8444-555555555555',
  subscriptionId: 'sub',
  resourceGroup: 'rg',
  name: 'ws',
  location: 'eastus',
  storageAccount: 'mr111',
  createdAt: '2026-01-01T00:00:00.000Z',
};
export const OTHER: Workspace = { ...workspace, id: 'other-id', name: 'other' };

/** A tracking service of its own, on an empty database, and calls to it. */
export async function openTracking(t: TestContext, webhooks?: WebhookDeps, keeper?: WorkspaceKeeper) {
  const folder = mkdtempSync(join(tmpdir(), 'tracking-'));
  const store = await openStore(':memory:', [...mlMigrations, ...trackingMigrations]);
  const clock = fakeClock(5000);
  let principal: Principal = { kind: 'owner' };
  const { tracking, register } = createTracking({
    store,
    clock,
    ...(webhooks ? { webhooks } : {}),
    ...(keeper ? { keeper } : {}),
    blobs: { pathOf: (account, container, blob) => join(folder, account, container, blob) },
    modelPath: async (_workspace, uri) => join(folder, 'mr111/azureml', parseDatastoreUri(uri)?.path ?? 'none'),
    workspaces: {
      find: async (scope) => [workspace, OTHER].find((one) => one.name === scope.name.toLowerCase()),
      byId: async (id) => [workspace, OTHER].find((one) => one.id === id),
      first: async () => workspace,
    },
  });
  const service = createService({
    name: 'test',
    log: silentLog,
    authenticate: async () => principal,
    toWire: toMlflowError,
  });
  register(service);
  t.after(async () => {
    await service.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const base = `/mlflow/v2.0${workspaceResourceId(workspace)}`;
  const call = async (
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    fields: object = {},
    options: { base?: string; host?: string } = {},
  ) => {
    const query = method === 'GET' ? `?${new URLSearchParams(fields as Record<string, string>)}` : '';
    const answer = await service.inject({
      method,
      url: `${options.base ?? base}/api/2.0/mlflow/${path}${query}`,
      headers: { authorization: 'Bearer x', host: options.host ?? '127.0.0.1:1' },
      ...(method === 'GET' ? {} : { payload: fields }),
    });
    return { status: answer.statusCode, ...answer.json() };
  };
  const newRun = async (fields: object = {}) =>
    (await call('POST', 'runs/create', { experiment_id: '0', start_time: 1, ...fields })).run.info.run_id as string;
  return { clock, tracking, service, store, folder, base, call, newRun, as: (one: Principal) => (principal = one) };
}
