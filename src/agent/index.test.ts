import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bashStep, jobOf, startFakeServer } from './fake-server.ts';
import { runAgent } from './index.ts';
import { builtInTasks, runTestJob } from './test-agent.ts';

test('a job of two steps: variables, outputs, secrets, logs and records', async () => {
  const secret = 'hunter2-Väry/long+secret';
  const first = bashStep(
    'first',
    `echo "hello $GREETING"
echo "##vso[task.setvariable variable=OUT;isoutput=true]forty-two"
echo "##vso[task.setvariable variable=plain]visible"
echo "##vso[task.setvariable variable=TOKEN;issecret=true;isoutput=true]s3cr3t-value"
echo "same step: [\${PLAIN:-unset}] s3cr3t-value"`,
  );
  const second = bashStep(
    'second',
    'echo "$PLAIN $(first.OUT) $MAPPED $(secret)"; echo "err $MAPPED" >&2; printf %s "$MAPPED" | base64 -w0',
    {
      environment: { MAPPED: '$(secret)' },
    },
  );
  const job = jobOf([first, second], {
    variables: { greeting: { value: 'world' }, secret: { value: secret, isSecret: true } },
  });
  const { event, server } = await runTestJob(job);

  assert.equal(event.result, 'succeeded');
  assert.deepEqual(event.outputs, {
    'first.OUT': { value: 'forty-two', isSecret: false },
    'first.TOKEN': { value: 's3cr3t-value', isSecret: true },
  });
  const one = server.logOf(first.id);
  assert.ok(one.includes('hello world'));
  assert.ok(one.includes('same step: [unset] ***'));
  assert.equal(one[0], '##[section]Starting: first');
  assert.equal(one.at(-1), '##[section]Finishing: first');
  const two = server.logOf(second.id);
  assert.ok(two.includes('visible forty-two *** ***'), two.join('\n'));
  assert.ok(two.includes('err ***'));
  assert.ok(two.some((line) => /^\*\*\*=*$/.test(line)));
  // The job's log holds every line of the steps' logs.
  const whole = server.logOf(job.jobId);
  for (const line of [...one, ...two]) assert.ok(whole.includes(line), line);
  assert.equal(server.records.get(second.id)?.state, 'completed');
  assert.equal(server.records.get(second.id)?.result, 'succeeded');
  assert.deepEqual(server.records.get(first.id)?.variables?.['OUT'], { value: 'forty-two', isSecret: false });
  const names = [...server.records.values()].map((record) => record.name);
  for (const name of ['Initialize job', 'Finalize Job']) assert.ok(names.includes(name));
  // The message is acknowledged before anything starts.
  const acknowledged = server.requests.findIndex((request) =>
    request.startsWith('DELETE /_apis/distributedtask/pools/1/messages'),
  );
  const reported = server.requests.findIndex((request) => request.includes('/records'));
  assert.ok(acknowledged >= 0 && acknowledged < reported);
  for (const body of server.received) {
    assert.ok(!body.includes(secret));
    assert.ok(!body.includes(Buffer.from(secret).toString('base64').slice(0, 20)));
    // An output that is a secret goes to the server as one, and nowhere else.
    if (body.includes('s3cr3t-value')) assert.match(body, /"isSecret":true/);
  }
});

test('an agent without a job ends by itself when its server is gone', async (t) => {
  const server = await startFakeServer();
  const workFolder = await mkdtemp(join(tmpdir(), 'millrace-agent-'));
  t.after(() => rm(workFolder, { recursive: true, force: true }));
  const exit = runAgent({
    url: server.url,
    token: server.token,
    poolId: 1,
    name: 'idle',
    workFolder,
    tasks: builtInTasks(),
    env: {},
    once: true,
    signal: new AbortController().signal,
    idleAwayMs: 200,
  });
  while (!server.requests.some((request) => request.includes('/messages'))) await new Promise(setImmediate);
  await server.close();
  assert.equal(await exit, 1);
});
