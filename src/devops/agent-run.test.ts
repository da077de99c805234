import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { jobTokenOf, openTestAgent, planPath, startTestServer, type TestServer } from './stand-ins.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

const TWO_JOBS = `
variables:
  color: green
jobs:
- job: A
  steps:
  - bash: echo hello
    name: say
- job: B
  dependsOn: A
  variables:
    said: $[ dependencies.A.outputs['say.word'] ]
    hidden: $[ dependencies.A.outputs['say.key'] ]
  steps:
  - bash: echo $(said)
`;

test('a run goes from the queue through an agent to its end, outputs on their way', async () => {
  const id = await server.queue(TWO_JOBS);
  assert.equal((await server.build(id)).status, 'inProgress');
  const agent = await openTestAgent(server);
  const job = await agent.take();
  assert.deepEqual(
    job.steps.map((step) => step.reference.name),
    ['Checkout', 'Bash'],
  );
  assert.equal(job.variables['color']?.value, 'green');
  assert.equal(job.processEnvironment['FROM_SERVER'], '1');
  const token = jobTokenOf(job);

  const log = await server.call('POST', `${planPath(job)}/logs`, { path: `logs\\${job.jobId}` }, token);
  await server.call('POST', `${planPath(job)}/logs/${log.body.id}`, 'one\ntwo\n', token);
  const step = job.steps[1]!;
  const patched = await server.call(
    'PATCH',
    `${planPath(job)}/timelines/${job.timeline.id}/records`,
    {
      value: [
        {
          Id: step.id,
          ParentId: job.jobId,
          Type: 'Task',
          Name: 'say',
          State: 'completed',
          Result: 0,
          Log: { Id: log.body.id },
        },
      ],
    },
    token,
  );
  assert.equal(patched.body.count, 1);
  assert.equal(
    await agent.complete(job, 'succeeded', {
      'say.word': { value: 'hi' },
      'say.key': { value: 'a-very-secret-key', isSecret: true },
    }),
    204,
  );

  const second = await agent.take();
  assert.equal(second.variables['said']?.value, 'hi');
  assert.deepEqual(second.variables['hidden'], { value: 'a-very-secret-key', isSecret: true });
  await agent.complete(second, 'succeeded');

  const build = await server.build(id);
  assert.equal(build.status, 'completed');
  assert.equal(build.result, 'succeeded');
  const records = await server.records(id);
  assert.deepEqual(
    records.filter((record) => record.type === 'Job').map((record) => [record.state, record.result, record.workerName]),
    [
      ['completed', 'succeeded', 'agent-1'],
      ['completed', 'succeeded', 'agent-1'],
    ],
  );
  assert.equal(records.find((record) => record.type === 'Task').result, 'succeeded');
  const lines = await server.call('GET', `build/builds/${id}/logs/${log.body.id}?startLine=2`);
  assert.deepEqual(lines.body.value, ['two']);
});

test('what was made because a job named it stands in the timeline once, below the step that runs', async () => {
  const id = await server.queue(TWO_JOBS, { variables: { pass: { value: 'rg-secret', isSecret: true } } });
  const agent = await openTestAgent(server);
  const job = await agent.take();
  const step = job.steps[1]!;
  await server.call(
    'PATCH',
    `${planPath(job)}/timelines/${job.timeline.id}/records`,
    { value: [{ id: step.id, parentId: job.jobId, type: 'Task', name: 'say', state: 'inProgress' }] },
    jobTokenOf(job),
  );
  const from = { planId: job.plan.planId, jobId: job.jobId };
  await server.devops.notice(from, 'created resource group rg-secret');
  await server.devops.notice(from, 'created resource group rg-secret');
  await server.devops.notice({ ...from, planId: job.jobId }, 'created for a run that is not there');
  const told = (await server.records(id)).filter((record) => record.type === 'Millrace.Notice');
  assert.deepEqual(
    told.map((record) => [record.name, record.parentId, record.state]),
    [['created resource group ***', step.id, 'completed']],
  );
});

test('a canceled local run is one that was interrupted; a run of the API, or one that failed, is not', async () => {
  const agent = await openTestAgent(server);
  const canceled = await server.queue(TWO_JOBS);
  const job = await agent.take();
  assert.equal(await server.devops.wasInterrupted(job.plan.planId), false);
  await server.call('PATCH', `build/builds/${canceled}`, { status: 'cancelling' });
  await agent.poll();
  await agent.complete(job, 'canceled');
  assert.equal((await server.build(canceled)).result, 'canceled');
  assert.equal(server.ended, 1);
  assert.equal(await server.devops.wasInterrupted(job.plan.planId), true);
  const failed = await server.queue(TWO_JOBS);
  const other = await agent.take();
  await agent.complete(other, 'failed');
  assert.equal((await server.build(failed)).result, 'failed');
  assert.equal(await server.devops.wasInterrupted(other.plan.planId), false);
  assert.equal(await server.devops.wasInterrupted(job.jobId), false);
});

test('no secret and no token lies in clear in the data', async () => {
  const id = await server.queue(`name: n-$(pass)\n${TWO_JOBS}  - bash: echo \${{ variables.pass }}\n`, {
    variables: {
      pass: { value: 'queue-time-secret', isSecret: true },
      plain: { value: 'of-queue-time-secret' },
    },
  });
  const agent = await openTestAgent(server);
  const job = await agent.take();
  const token = jobTokenOf(job);
  assert.equal(job.variables['pass']?.value, 'queue-time-secret');
  await server.call(
    'PATCH',
    `${planPath(job)}/timelines/${job.timeline.id}/records`,
    {
      value: [
        {
          id: job.steps[1]!.id,
          variables: {
            key: { value: 'record-secret', isSecret: true },
            word: { value: 'made of queue-time-secret' },
          },
          issues: [{ type: 'error', message: 'wrong: queue-time-secret' }],
        },
      ],
    },
    token,
  );
  const artifact = { name: 'drop', resource: { data: 'queue-time-secret' } };
  await server.call('POST', `build/builds/${id}/artifacts`, artifact, token);
  await agent.complete(job, 'succeeded', {
    'say.key': { value: 'output-secret', isSecret: true },
    'say.word': { value: 'made of output-secret' },
  });
  // Whoever is to have a value that nobody declared secret gets it whole.
  assert.equal((await agent.take()).variables['said']?.value, 'made of output-secret');
  const dump: string[] = [];
  for (const table of [
    'devops_counters',
    'devops_runs',
    'devops_run_states',
    'devops_records',
    'devops_requests',
    'devops_messages',
    'devops_artifacts',
  ] as const)
    dump.push(JSON.stringify(await server.store.read.selectFrom(table).selectAll().execute()));
  const walk = (folder: string) => {
    for (const name of readdirSync(folder))
      if (statSync(join(folder, name)).isDirectory()) walk(join(folder, name));
      else dump.push(readFileSync(join(folder, name), 'latin1'));
  };
  walk(server.folder);
  const all = dump.join('\n');
  for (const secret of ['queue-time-secret', 'record-secret', 'output-secret', token, job.lockToken])
    for (const form of [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)])
      assert.equal(all.includes(form), false, `${form} lies in clear`);
  const record = (await server.records(id)).find((one) => one.variables?.key);
  assert.deepEqual(record.variables, { key: { value: null, isSecret: true }, word: { value: 'made of ***' } });
  const answers = [
    await server.build(id),
    record,
    (await server.call('GET', `pipelines/${(await server.build(id)).definition.id}/runs/${id}`)).body,
    (await server.call('GET', `millrace/runs/${id}/explanation?at=B`)).body,
  ];
  const shown = JSON.stringify(answers);
  assert.match(shown, /wrong: \*\*\*/);
  assert.match(shown, /of-\*\*\*/);
  assert.doesNotMatch(shown, /(?:queue-time|record|output)-secret/);
});

test('an agent that stops renewing has lost its job: abandoned, never run again, late words change nothing', async () => {
  const id = await server.queue(TWO_JOBS);
  const agent = await openTestAgent(server);
  const job = await agent.take();
  const token = jobTokenOf(job);
  const records = `${planPath(job)}/timelines/${job.timeline.id}/records`;
  const step = job.steps[1]!.id;
  await server.call(
    'PATCH',
    records,
    { value: [{ id: step, parentId: job.jobId, type: 'Task', name: 'say', state: 'inProgress' }] },
    token,
  );
  server.clock.advance(20_000);
  assert.equal(await agent.renew(job), 200);
  server.clock.advance(20_000);
  assert.equal((await server.build(id)).status, 'inProgress');
  server.clock.advance(11_000);
  const build = await server.until(async () => {
    const found = await server.build(id);
    return found.status === 'completed' && found;
  });
  assert.equal(build.result, 'failed');
  assert.equal(await agent.renew(job), 409);
  assert.equal(await agent.complete(job, 'succeeded'), 409);
  await server.call('PATCH', records, { value: [{ id: step, state: 'completed', result: 'succeeded' }] }, token);
  const after = await server.records(id);
  assert.equal(after.find((record) => record.id === job.jobId).result, 'abandoned');
  assert.equal(after.find((record) => record.id === step).result, 'abandoned');
  assert.equal(after.find((record) => record.refName === 'B').result, 'skipped');
  assert.equal(await server.devops.queueDepth(), 0);
});

test('a job that was given out and never acknowledged goes to another agent, once', async () => {
  await server.queue(TWO_JOBS);
  const first = await openTestAgent(server, 'first');
  const offered = await first.poll(false);
  server.clock.advance(31_000);
  await server.until(async () => (await server.devops.queueDepth()) === 1);
  const second = await openTestAgent(server, 'second');
  const job = await second.take();
  assert.equal(JSON.parse(offered!.body).jobId, job.jobId);
  const late = await server.call(
    'DELETE',
    `/millrace/_apis/distributedtask/pools/1/messages/${offered!.messageId}?sessionId=${first.sessionId}`,
  );
  assert.equal(late.status, 404);
});

test('only the first completion counts', async () => {
  const id = await server.queue('steps:\n- bash: exit 1\n');
  const agent = await openTestAgent(server);
  const job = await agent.take();
  assert.equal(await agent.complete(job, 'failed'), 204);
  assert.equal(await agent.complete(job, 'succeeded'), 409);
  assert.equal((await server.build(id)).result, 'failed');
});

test('a restart of the server loses nothing: the agent keeps its job and its session', async () => {
  const id = await server.queue(TWO_JOBS);
  const agent = await openTestAgent(server);
  const job = await agent.take();
  server.clock.advance(25_000);
  await server.restart();
  // While no server ran the claim could not be renewed: it has its full time again.
  server.clock.advance(25_000);
  assert.equal(await agent.renew(job), 200);
  assert.equal(await agent.complete(job, 'succeeded'), 204);
  const second = await agent.take();
  await agent.complete(second, 'succeeded');
  assert.equal((await server.build(id)).result, 'succeeded');
});

test('a cancel reaches the agent; jobs not begun are skipped; the run is canceled', async () => {
  const id = await server.queue(
    `${TWO_JOBS}- job: Clean\n  dependsOn: A\n  condition: always()\n  steps:\n  - bash: echo clean\n`,
  );
  const agent = await openTestAgent(server);
  const job = await agent.take();
  await server.call('PATCH', `build/builds/${id}`, { status: 'Cancelling' });
  assert.equal((await server.build(id)).status, 'cancelling');
  const message = await agent.poll();
  assert.equal(message?.messageType, 'JobCancellation');
  assert.equal(JSON.parse(message!.body).jobId, job.jobId);
  await agent.complete(job, 'canceled');
  const clean = await agent.take();
  assert.equal(clean.jobDisplayName, 'Clean');
  await agent.complete(clean, 'succeeded');
  assert.equal((await server.build(id)).result, 'canceled');
});

test('a job over its time is canceled, and given up when it does not answer', async () => {
  const id = await server.queue(
    'jobs:\n- job: Slow\n  timeoutInMinutes: 10\n  cancelTimeoutInMinutes: 2\n  steps:\n  - bash: sleep 1000\n',
  );
  const agent = await openTestAgent(server);
  const job = await agent.take();
  const keep = async (seconds: number) => {
    for (let left = seconds; left > 0; left -= 20) {
      server.clock.advance(20_000);
      await agent.renew(job);
    }
  };
  await keep(10 * 60);
  const message = await server.until(
    async () => (await server.store.read.selectFrom('devops_messages').selectAll().execute())[0],
  );
  assert.equal(JSON.parse(message.body).timeout, 120);
  await keep(2 * 60);
  const build = await server.until(async () => {
    const found = await server.build(id);
    return found.status === 'completed' && found;
  });
  assert.equal(build.result, 'canceled');
  const record = (await server.records(id)).find((one) => one.id === job.jobId);
  assert.match(record.issues[0].message, /longer than 10 minutes/);
});

test('tokens open what they are for and nothing else', async () => {
  const first = await server.queue(TWO_JOBS);
  await server.queue(TWO_JOBS);
  const agent = await openTestAgent(server, 'one');
  const other = await openTestAgent(server, 'two');
  const job = await agent.take();
  const foreign = await other.take();
  const event = { name: 'JobCompleted', jobId: job.jobId, requestId: job.requestId, result: 'succeeded' };
  assert.equal((await server.call('POST', `${planPath(job)}/events`, event, jobTokenOf(foreign))).status, 403);
  assert.equal((await server.call('POST', `${planPath(job)}/events`, event, 'nonsense')).status, 401);
  assert.equal((await server.call('POST', 'millrace/localruns', {}, jobTokenOf(job))).status, 403);
  assert.equal(
    (await server.call('GET', '/millrace/_apis/distributedtask/pools/1/messages', undefined, jobTokenOf(job))).status,
    403,
  );
  const rehearsals = '/millrace/_apis/distributedtask/pools/1/rehearsals';
  assert.equal((await server.call('POST', rehearsals, { value: [] }, jobTokenOf(job))).status, 403);
  assert.equal((await server.call('POST', rehearsals, { value: [] })).status, 204);
  const climb = await server.call('PUT', `millrace/artifacts/${first}/a/..%2F..%2Flogs%2F1.log`, 'x', jobTokenOf(job));
  assert.equal(climb.status, 400);
});

test('an agent whose process is known to have ended has lost its job at once', async () => {
  const id = await server.queue('steps:\n- bash: exit 1\n');
  const agent = await openTestAgent(server);
  await agent.take();
  await server.devops.agentGone('another');
  assert.equal((await server.build(id)).status, 'inProgress');
  await server.devops.agentGone('agent-1');
  const build = await server.build(id);
  assert.equal(build.result, 'failed');
  assert.equal((await server.records(id)).find((record) => record.type === 'Job').result, 'abandoned');
});

test('a step that a dead agent had begun without saying so is abandoned, those after it are skipped', async () => {
  const id = await server.queue('steps:\n- bash: sleep 60\n  name: first\n- bash: exit 1\n  name: second\n');
  const agent = await openTestAgent(server);
  const job = await agent.take();
  const value = job.steps.map((step, index) => ({
    id: step.id,
    parentId: job.jobId,
    type: 'Task',
    name: step.name,
    order: index + 1,
    ...(index === 0 ? { state: 'completed', result: 'succeeded' } : { state: 'pending' }),
  }));
  const path = `${planPath(job)}/timelines/${job.timeline.id}/records`;
  await server.call('PATCH', path, { value }, jobTokenOf(job));
  await server.devops.agentGone('agent-1');
  const records = await server.records(id);
  assert.deepEqual(
    value.map((one) => records.find((record) => record.id === one.id).result),
    ['succeeded', 'abandoned', 'skipped'],
  );
});

test('the values given for variable groups are variables of the run, at the place of the group; secret ones stay secret', async () => {
  const text = `
variables:
- name: first
  value: yaml
- name: size
  value: small
- group: Shared
- name: seen
  value: $[ upper(variables.size) ]
name: run-$(size)
jobs:
- job: A
  variables:
  - group: keys
  steps:
  - bash: echo
`;
  const groups = {
    shared: { Size: { value: 'large' }, first: { value: 'group' } },
    keys: { apiKey: { value: 'the-key-of-the-group', isSecret: true } },
  };
  const request = { directory: server.folder, file: 'a.yml', text };
  const refused = await server.call('POST', 'millrace/localruns', { ...request, groups: { shared: groups.shared } });
  assert.equal(refused.status, 400);
  assert.match(refused.body.diagnostics[0].hint, /--group keys:NAME=VALUE/);
  const run = await server.call('POST', 'millrace/localruns', { ...request, groups });
  assert.equal(run.status, 201, JSON.stringify(run.body));
  assert.equal(run.body.name, 'run-large');
  const agent = await openTestAgent(server);
  const job = await agent.take();
  const value = (name: string) =>
    Object.entries(job.variables).find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1];
  assert.deepEqual(value('first'), { value: 'group' });
  assert.deepEqual(value('seen'), { value: 'LARGE' });
  assert.deepEqual(value('apiKey'), { value: 'the-key-of-the-group', isSecret: true });
});
