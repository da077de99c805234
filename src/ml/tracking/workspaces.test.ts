import assert from 'node:assert/strict';
import test from 'node:test';
import { silentLog } from '../../kernel/log.ts';
import { OTHER, openTracking, workspace } from './test-service.ts';

type Tracking = Awaited<ReturnType<typeof openTracking>>;

async function ask(
  { service }: Tracking,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  named = '',
  fields?: object,
) {
  const answer = await service.inject({
    method,
    url: `/mlflow/api/3.0/mlflow/${path}`,
    headers: {
      authorization: 'Bearer x',
      host: '127.0.0.1:1',
      ...(named === '' ? {} : { 'x-mlflow-workspace': named }),
    },
    ...(fields === undefined ? {} : { payload: fields }),
  });
  return { status: answer.statusCode, ...(answer.body === '' ? {} : answer.json()) };
}

test('the header names a workspace of the same group, whose runs and models are its own', async (t) => {
  const tracking = await openTracking(t);
  assert.equal((await ask(tracking, 'GET', 'server-info')).workspaces_enabled, true);
  const create = (named: string) => ask(tracking, 'POST', 'experiments/create', named, { name: 'e' });
  const names = async (named: string) => {
    const found = await ask(tracking, 'POST', 'experiments/search', named, { max_results: 10 });
    return (found.experiments as { experiment_id: string }[]).map((one) => one.experiment_id);
  };
  const { experiment_id: here } = await create('');
  const { experiment_id: there } = await create('other');
  assert.deepEqual((await names('default')).includes(here), true);
  assert.deepEqual(await names('WS'), await names(''));
  assert.ok((await names('other')).includes(there) && !(await names('other')).includes(here));
  assert.equal((await create('none')).error_code, 'RESOURCE_DOES_NOT_EXIST');
  const upload = await ask(tracking, 'POST', 'artifacts/presigned-upload-url', 'other', {
    run_id: (await ask(tracking, 'POST', 'runs/create', 'other', { experiment_id: there, start_time: 1 })).run.info
      .run_id,
    path: 'f.txt',
  });
  assert.match(
    JSON.stringify(upload),
    /workspaces\/other\//i,
    'an address that is handed out leads there without the header',
  );
  tracking.as({ kind: 'ml-run', workspaceId: workspace.id } as never);
  assert.equal((await create('other')).error_code, 'PERMISSION_DENIED');
  assert.deepEqual((await ask(tracking, 'GET', 'workspaces')).workspaces, [{ name: 'ws' }]);
});

test('workspaces are listed, made, described and deleted by who may', async (t) => {
  const made: object[] = [];
  const removed: string[] = [];
  const webhooks = {
    vault: { seal: (text: string) => `sealed(${text.length})`, open: (text: string) => text },
    log: silentLog,
    outbound: () => Promise.reject(new Error('nothing is called')),
  };
  const tracking = await openTracking(t, webhooks, {
    list: async () => [workspace, OTHER],
    put: async (scope, description) => {
      made.push({ ...scope, description });
      return { ...workspace, name: scope.name, properties: { description } };
    },
    remove: async ({ name }) => {
      removed.push(name);
    },
  });
  assert.deepEqual((await ask(tracking, 'GET', 'workspaces')).workspaces, [{ name: 'ws' }, { name: 'other' }]);
  assert.deepEqual((await ask(tracking, 'GET', 'workspaces/default')).workspace, { name: 'ws' });
  assert.equal((await ask(tracking, 'GET', 'workspaces/none')).error_code, 'RESOURCE_DOES_NOT_EXIST');
  const create = (fields: object) => ask(tracking, 'POST', 'workspaces', '', fields);
  assert.deepEqual(await create({ name: 'team-a', description: 'd' }), {
    status: 201,
    workspace: { name: 'team-a', description: 'd' },
  });
  for (const [fields, code] of [
    [{ name: 'default' }, 'INVALID_PARAMETER_VALUE'],
    [{ name: 'Team' }, 'INVALID_PARAMETER_VALUE'],
    [{ name: 'a'.repeat(34) }, 'INVALID_PARAMETER_VALUE'],
    [{ name: 'other' }, 'RESOURCE_ALREADY_EXISTS'],
    [{ name: 'team-b', default_artifact_root: 's3://x' }, 'NOT_IMPLEMENTED'],
    [{ name: 'team-b', trace_archival_config: { retention: '30d' } }, 'NOT_IMPLEMENTED'],
  ] as const)
    assert.equal((await create(fields)).error_code, code, JSON.stringify(fields));
  assert.equal((await ask(tracking, 'PATCH', 'workspaces/other', '', {})).error_code, 'INVALID_PARAMETER_VALUE');
  await ask(tracking, 'PATCH', 'workspaces/other', '', { description: 'new' });
  assert.deepEqual(made.length, 2);

  const remove = (path: string) => ask(tracking, 'DELETE', `workspaces/${path}`);
  assert.equal((await remove('default')).error_code, 'INVALID_PARAMETER_VALUE');
  assert.equal((await remove('other?mode=ALL')).error_code, 'INVALID_PARAMETER_VALUE');
  assert.equal((await remove('other?mode=SET_DEFAULT')).error_code, 'NOT_IMPLEMENTED');
  const { secret } = await ask(tracking, 'POST', 'gateway/secrets/create', 'other', {
    secret_name: 'key',
    secret_value: { api_key: 'sk-abcdefghijkl' },
  });
  assert.match((await remove('other')).message, /still holds secrets of the gateway/);
  await ask(tracking, 'DELETE', 'gateway/secrets/delete', 'other', { secret_id: secret.secret_id });
  const compute = { workspace_id: OTHER.id, name_key: 'c', document: '{}', sequence: 1 };
  await tracking.store.write((writer) => writer.insertInto('ml_computes').values(compute).execute());
  assert.match((await remove('other')).message, /still holds computes/);
  await tracking.store.write((writer) => writer.deleteFrom('ml_computes').execute());
  const { experiment_id: there } = await ask(tracking, 'POST', 'experiments/create', 'other', { name: 'e' });
  assert.ok(there);
  const refused = await remove('other');
  assert.deepEqual([refused.status, refused.error_code], [400, 'INVALID_STATE']);
  assert.match(refused.message, /still holds experiments/);
  assert.deepEqual(removed, []);
  assert.deepEqual(await remove('other?mode=CASCADE'), { status: 204 });
  assert.deepEqual(removed, ['other']);
  tracking.as({ kind: 'ml-run', workspaceId: workspace.id } as never);
  assert.equal((await create({ name: 'team-c' })).error_code, 'PERMISSION_DENIED');
});
