import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { OutboundRequest } from '../http/index.ts';
import { startTestServer, type TestServer } from './stand-ins.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

const rest = (inputs: string) => `
jobs:
- job: Call
  pool: server
  variables:
    token: $(pass)
  steps:
  - task: InvokeRESTAPI@1
    inputs:
      connectionType: connectedServiceName
      serviceConnection: my-generic
${inputs}
`;
const GENERIC = {
  name: 'my-generic',
  type: 'generic',
  url: 'https://example.test/base/',
  authorization: { scheme: 'UsernamePassword', parameters: { username: 'u', password: 'generic-password' } },
};
const ended = (id: number) =>
  server.until(async () => {
    const build = await server.build(id);
    return build.status === 'completed' && build;
  });
const taskRecord = async (id: number) => (await server.records(id)).find((record) => record.type === 'Task');
const logOf = async (id: number) => {
  const { log } = await taskRecord(id);
  return (await server.call('GET', `build/builds/${id}/logs/${log.id}`)).body.value.join('\n') as string;
};

test('InvokeRESTAPI sends what its inputs say, judges the answer, and shows no secret', async () => {
  await server.call('POST', 'serviceendpoint/endpoints', GENERIC);
  server.answer = () => ({ status: 200, headers: {}, body: '{"status":"ok","items":[1,2,3],"echo":"hush-hush"}' });
  const id = await server.queue(
    rest(`      method: PUT
      headers: '{"Content-Type":"application/json","X-Pass":"$(pass)"}'
      body: '{"job":"$(system.jobId)"}'
      urlSuffix: 'things?key=$(pass)'
      successCriteria: and(eq(root['status'], 'ok'), ge(count(root['items']), 3))`),
    { variables: { pass: { value: 'hush-hush', isSecret: true } } },
  );
  assert.equal((await ended(id)).result, 'succeeded');
  const [request] = server.sent;
  assert.equal(request?.method, 'PUT');
  assert.equal(request?.url, 'https://example.test/base/things?key=hush-hush');
  assert.equal(request?.headers?.['X-Pass'], 'hush-hush');
  assert.equal(request?.headers?.['Authorization'], `Basic ${Buffer.from('u:generic-password').toString('base64')}`);
  assert.equal(request?.timeoutMs, 20_000);
  assert.match(JSON.parse(request?.body ?? '').job, /^[0-9a-f-]{36}$/);
  const log = await logOf(id);
  assert.match(log, /Starting: Invoke REST API: PUT\n[\s\S]*Finishing: Invoke REST API: PUT/);
  assert.doesNotMatch(log, /hush-hush|generic-password/);
});

test('InvokeRESTAPI fails by status, by criterion, by headers that are no JSON', async () => {
  await server.call('POST', 'serviceendpoint/endpoints', GENERIC);
  server.answer = () => ({ status: 404, headers: {}, body: 'no such thing' });
  const byStatus = await server.queue(rest('      method: GET'));
  assert.equal((await ended(byStatus)).result, 'failed');
  assert.match((await taskRecord(byStatus)).issues[0].message, /404: no such thing/);
  server.answer = () => ({ status: 200, headers: {}, body: '{"status":"bad"}' });
  const byCriterion = await server.queue(rest("      method: GET\n      successCriteria: eq(root['status'], 'ok')"));
  assert.equal((await ended(byCriterion)).result, 'failed');
  const byHeaders = await server.queue(rest('      method: GET\n      headers: not json'));
  assert.equal((await ended(byHeaders)).result, 'failed');
  assert.match((await taskRecord(byHeaders)).issues[0].message, /not a JSON object/);
});

const CALLBACK = rest(`      method: PATCH
      body: '{"PlanId":"$(system.planId)","JobId":"$(system.jobId)","Task":"$(system.TaskInstanceId)","Project":"$(system.teamProjectId)","AuthToken":"$(system.AccessToken)"}'
      waitForCompletion: "true"`);

type Hook = { PlanId: string; JobId: string; Task: string; Project: string; AuthToken: string };
const hookOf = (request: OutboundRequest | undefined): Hook => JSON.parse(request?.body ?? '{}');
const callBack = (hook: Hook, event: object, token = hook.AuthToken) =>
  server.call(
    'POST',
    `/millrace/${hook.Project}/_apis/distributedtask/hubs/build/plans/${hook.PlanId}/events`,
    event,
    token,
  );

test('a task that waits holds nothing and ends by the event, in any spelling, once', async () => {
  const id = await server.queue(CALLBACK);
  await server.until(async () => server.sent.length === 1 && (await taskRecord(id))?.log);
  const hook = hookOf(server.sent[0]);
  await server.restart();
  await server.restart();
  assert.equal(
    (
      await callBack(
        hook,
        { name: 'TaskCompleted', taskId: hook.Task, jobId: hook.JobId, result: 'succeeded' },
        'wrong',
      )
    ).status,
    401,
  );
  const event = { Name: 'TaskCompleted', TaskId: hook.Task.toUpperCase(), JobId: hook.JobId, Result: 'Failed' };
  assert.equal((await callBack(hook, event)).status, 204);
  assert.equal((await callBack(hook, { ...event, Result: 'succeeded' })).status, 204);
  assert.equal((await ended(id)).result, 'failed');
  assert.equal((await callBack(hook, { ...event, Result: 'succeeded' })).status, 204);
  assert.equal((await server.build(id)).result, 'failed');
  assert.equal(server.sent.length, 1);
});

test('an event that is faster than the answer to the request counts', async () => {
  server.answer = async (request) => {
    const hook = hookOf(request);
    await callBack(hook, { name: 'TaskCompleted', taskId: hook.Task, jobId: hook.JobId, result: 'succeeded' });
    return { status: 200, headers: {}, body: '' };
  };
  const id = await server.queue(CALLBACK);
  assert.equal((await ended(id)).result, 'succeeded');
});

test('a canceled run ends a waiting server job as canceled', async () => {
  const id = await server.queue(CALLBACK);
  await server.until(async () => server.sent.length === 1 && (await taskRecord(id))?.log);
  await server.call('PATCH', `build/builds/${id}`, { status: 'cancelling' });
  assert.equal((await ended(id)).result, 'canceled');
  assert.equal((await taskRecord(id)).result, 'canceled');
});

test('Delay ends when its time is over, over a restart too', async () => {
  const id = await server.queue(
    'jobs:\n- job: Later\n  pool: server\n  steps:\n  - task: Delay@1\n    inputs:\n      delayForMinutes: 30\n',
  );
  await server.until(async () => (await taskRecord(id))?.log);
  server.clock.advance(15 * 60_000);
  await server.restart();
  assert.equal((await server.build(id)).status, 'inProgress');
  server.clock.advance(16 * 60_000);
  assert.equal((await ended(id)).result, 'succeeded');
});

const WAIT = `
jobs:
- job: Wait
  pool: server
  timeoutInMinutes: 0
  steps:
  - task: AzureMLJobWaitTask@1
    inputs:
      serviceConnection: ml-connection
      resourceGroupName: rg
      azureMLWorkspaceName: ws
      azureMLJobName: brave_bear
`;

/** A machine learning service with one pipeline job of one step. */
function mlService(state: { status: string }) {
  return (request: OutboundRequest) => {
    const json = (body: unknown) => ({ status: 200, headers: {}, body: JSON.stringify(body) });
    const url = new URL(request.url);
    if (url.pathname.endsWith('/children'))
      return json({
        value: [
          {
            runId: 'child-1',
            displayName: 'train',
            status: state.status,
            startTimeUtc: '2026-01-01T00:00:01Z',
            error: { error: { message: 'exit code 3' } },
          },
        ],
      });
    if (url.pathname.endsWith('/details'))
      return json({ logFiles: { 'user_logs/std_log.txt': 'https://logs.test/std' } });
    if (url.host === 'logs.test') return { status: 200, headers: {}, body: 'first\nBoom: the last words\n' };
    if (url.pathname.includes('/history/'))
      return json({ runId: 'brave_bear', displayName: 'taxi', status: state.status });
    return json({
      name: 'brave_bear',
      properties: {
        displayName: 'taxi',
        status: state.status,
        services: { Studio: { endpoint: 'https://ml.azure.com/runs/brave_bear' } },
      },
    });
  };
}

for (const [status, result, task] of [
  ['Completed', 'succeeded', 'succeeded'],
  ['Failed', 'failed', 'failed'],
  ['Canceled', 'canceled', 'canceled'],
] as const)
  test(`AzureMLJobWaitTask ends as the job ends: ${status}`, async () => {
    const state = { status: 'Running' };
    server.answer = mlService(state);
    const id = await server.queue(WAIT);
    const patch = await server.until(async () => server.sent.find((request) => request.method === 'PATCH'));
    const hook = Object.values(JSON.parse(patch.body ?? '').properties.notificationSetting.webhooks)[0] as Record<
      string,
      string
    >;
    assert.equal(hook['WebhookType'], 'AzureDevOps');
    assert.match(patch.url, /\/subscriptions\/6d1c7a3e-0000-4000-8000-000000000002\/resourceGroups\/rg\//);
    state.status = status;
    const answer = await callBack(
      {
        PlanId: hook['PlanId']!,
        JobId: hook['JobId']!,
        Task: hook['TaskInstanceId']!,
        Project: hook['ProjectId']!,
        AuthToken: hook['AuthToken']!,
      },
      { name: 'TaskCompleted', taskId: hook['TaskInstanceId'], jobId: hook['JobId'], result: 'succeeded' },
    );
    assert.equal(answer.status, 204);
    assert.equal((await ended(id)).result, result);
    const records = await server.records(id);
    assert.equal((await taskRecord(id)).result, task);
    const step = records.find((record) => record.type === 'Millrace.MLStep');
    assert.equal(step.name, 'train');
    assert.equal(records.find((record) => record.id === step.parentId).type, 'Millrace.MLJob');
    const log = await logOf(id);
    assert.match(log, /https:\/\/ml\.azure\.com\/runs\/brave_bear/);
    if (status === 'Failed') assert.match(log, /Boom: the last words/);
    assert.doesNotMatch(log, new RegExp(hook['AuthToken']!.slice(0, 40)));
  });

test('a lost callback is repaired by looking', async () => {
  const state = { status: 'Running' };
  server.answer = mlService(state);
  const id = await server.queue(WAIT);
  await server.until(async () => (await taskRecord(id))?.log);
  state.status = 'Completed';
  server.clock.advance(11_000);
  assert.equal((await ended(id)).result, 'succeeded');
});

test('the connection that a local run names is made; in strict mode its absence is the error', async () => {
  const made = await server.call('POST', 'millrace/localruns', { directory: server.folder, file: 'a.yml', text: WAIT });
  assert.deepEqual(made.body.provisioned, ["created service connection 'ml-connection' (Azure Resource Manager)"]);
  const again = await server.call('POST', 'millrace/localruns', {
    directory: server.folder,
    file: 'a.yml',
    text: WAIT,
  });
  assert.deepEqual(again.body.provisioned, []);
  const strict = await server.call('POST', 'millrace/localruns', {
    directory: server.folder,
    file: 'a.yml',
    text: WAIT.replace('ml-connection', 'other'),
    strict: true,
  });
  assert.equal(strict.status, 400);
  assert.match(strict.body.message, /references service connection other which could not be found/);
  const listed = await server.call('GET', 'serviceendpoint/endpoints');
  assert.doesNotMatch(JSON.stringify(listed.body), /principal-secret-value/);
});

test('an invalid pipeline is refused with its diagnostics and leaves no run', async () => {
  const { status, body } = await server.call('POST', 'millrace/localruns', {
    directory: server.folder,
    file: 'a.yml',
    text: 'steps:\n- task: NoSuchTask@1\n',
  });
  assert.equal(status, 400);
  assert.match(body.message, /NoSuchTask/);
  assert.ok(body.diagnostics.length > 0);
  assert.equal((await server.call('GET', 'build/builds')).body.count, 0);
});

test('what is not built is judged in the jobs that are to run', async () => {
  const text = `
stages:
- stage: One
  jobs:
  - job: boxed
    container: ubuntu:24.04
    steps: [{bash: a}]
  - job: plain
    steps: [{bash: a}]
- stage: Two
  jobs:
  - job: copies
    steps: [{task: CopyFiles@2}]
`;
  const send = (options: object) =>
    server.call('POST', 'millrace/localruns', { directory: server.folder, file: 'a.yml', text, ...options });
  assert.equal((await send({})).status, 400);
  assert.match((await send({ stages: ['one'] })).body.message, /Line: 6, Col: 16\): not implemented: job container$/);
  assert.match((await send({ stages: ['Two'] })).body.message, /not implemented: CopyFiles@2$/);
  const { status, body } = await send({ jobs: ['PLAIN'] });
  assert.deepEqual([status, body.warnings], [201, []]);
});

test('a task of the service that is not built is refused when a run is queued, by name and place', async () => {
  const text = 'steps:\n- task: CopyFiles@2\n- task: NoSuchTask@1\n  enabled: false\n';
  const { status, body } = await server.call('POST', 'millrace/localruns', {
    directory: server.folder,
    file: 'a.yml',
    text,
  });
  assert.deepEqual([status, body.message], [400, '/a.yml (Line: 2, Col: 9): not implemented: CopyFiles@2']);
});
