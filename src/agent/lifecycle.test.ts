import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fakeClock } from '../kernel/clock.ts';
import { bashStep, jobOf, startFakeServer } from './fake-server.ts';
import { runTestJob, startJob } from './test-agent.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-lifecycle-'));
after(() => rmSync(root, { recursive: true, force: true }));

/** Waits until something is so; a test's own time limit ends it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

function isAlive(pidFile: string): boolean {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    process.kill(pid, 0);
    // Dead, and not asked for by its parent yet: that counts as gone.
    return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

const limit = { timeout: 30_000 };

test('conditions, continueOnError, failures and results', limit, async () => {
  const soft = bashStep('soft', 'exit 4', { continueOnError: true });
  const hard = bashStep('hard', 'echo "##vso[task.logissue type=warning;sourcepath=a.c;linenumber=3]look"; exit 5');
  const skipped = bashStep('skipped', 'echo no');
  const always = bashStep('always', 'echo "status $AGENT_JOBSTATUS"', { condition: 'always()' });
  const completed = bashStep('completed', 'echo "##vso[task.complete result=SucceededWithIssues;]x"', {
    condition: 'failed()',
  });
  const { event, server } = await runTestJob(jobOf([soft, hard, skipped, always, completed]));
  const result = (id: string) => server.records.get(id)?.result;
  assert.equal(event.result, 'failed');
  assert.equal(result(soft.id), 'succeededWithIssues');
  assert.equal(result(hard.id), 'failed');
  assert.equal(result(skipped.id), 'skipped');
  assert.equal(result(always.id), 'succeeded');
  assert.equal(result(completed.id), 'succeededWithIssues');
  assert.ok(server.logOf(always.id).includes('status Failed'));
  assert.ok(server.logOf(skipped.id).includes('Skipping step due to condition evaluation.'));
  const issues = server.records.get(hard.id)?.issues ?? [];
  assert.deepEqual(
    issues.map((issue) => [issue.type, issue.message]),
    [
      ['warning', 'look'],
      ['error', "Bash exited with code '5'."],
    ],
  );
});

test('a canceled job: the step gets its signals, always() runs, nothing is left', limit, async () => {
  const pid = join(root, 'stubborn.pid');
  const stubborn = bashStep('stubborn', `trap '' INT TERM; echo $$ > ${pid}; while :; do sleep 0.05; done`);
  const next = bashStep('next', 'echo no');
  const always = bashStep('always', 'echo cleaned', { condition: 'always()' });
  const job = jobOf([stubborn, next, always]);
  const run = await startJob(job);
  await until(() => existsSync(pid) && readFileSync(pid, 'utf8') !== '');
  run.server.cancel(job.jobId);
  const event = await run.end();
  assert.equal(event.result, 'canceled');
  const result = (id: string) => run.server.records.get(id)?.result;
  assert.deepEqual([result(stubborn.id), result(next.id), result(always.id)], ['canceled', 'skipped', 'succeeded']);
  assert.equal(isAlive(pid), false);
});

test('processes left in the background end with the job', limit, async () => {
  const pid = join(root, 'background.pid');
  const leave = bashStep(
    'leave',
    `setsid sh -c 'echo $$ > ${pid}; exec sleep 300' > /dev/null 2>&1 & until [ -s ${pid} ]; do sleep 0.01; done`,
  );
  const still = bashStep('still', `kill -0 $(cat ${pid}) && echo "still there"`);
  const { event, server } = await runTestJob(jobOf([leave, still]));
  assert.equal(event.result, 'succeeded');
  assert.ok(server.logOf(still.id).includes('still there'));
  assert.equal(isAlive(pid), false);
});

test('a refused renewal stops the job at once and reports nothing', limit, async () => {
  const pid = join(root, 'lost.pid');
  const job = jobOf([bashStep('long', `echo $$ > ${pid}; exec sleep 300`)], {
    lockedUntil: new Date(Date.now() + 600).toISOString(),
  });
  const server = await startFakeServer();
  server.refuseRenewals();
  const run = await startJob(job, {}, server);
  await run.exit;
  assert.equal(isAlive(pid), false);
  assert.equal(server.events.length, 0);
  await run.dispose();
});

test('a server that is killed and comes back on another port gets every line once', limit, async () => {
  const go = join(root, 'go');
  const begun = join(root, 'begun');
  const talk = bashStep(
    'talk',
    `echo "line 1"; until [ -e ${begun} ]; do sleep 0.01; done; for i in $(seq 2 50); do echo "line $i"; done; until [ -e ${go} ]; do sleep 0.01; done; for i in $(seq 51 100); do echo "line $i"; done`,
  );
  const job = jobOf([talk]);
  const file = join(root, 'server.json');
  const server = await startFakeServer();
  const write = (url: string) =>
    import('node:fs').then((fs) => fs.writeFileSync(file, JSON.stringify({ url, token: 'x' })));
  await write(server.url);
  // The first append is carried out and its answer lost.
  let lost = 0;
  server.intercept = (request, _response, body) => {
    const match = /\/logs\/(\d+)\?/.exec(request.url ?? '');
    if (request.method !== 'POST' || !match || lost > 0) return false;
    lost += 1;
    server.logs.get(Number(match[1]))?.push(...body.replace(/\n$/, '').split('\n'));
    request.socket.destroy();
    return true;
  };
  const run = await startJob(job, { serverFile: file }, server);
  await until(() => server.logOf(talk.id).length > 0);
  writeFileSync(begun, '');
  await until(() => lost > 0);
  await server.kill();
  await import('node:fs').then((fs) => fs.writeFileSync(go, ''));
  await write(await server.revive(0));
  const event = await run.end();
  assert.equal(event.result, 'succeeded');
  const lines = server.logOf(talk.id).filter((line) => line.startsWith('line '));
  assert.deepEqual(
    lines,
    Array.from({ length: 100 }, (_, index) => `line ${index + 1}`),
  );
});

test('an agent that is killed takes its processes with it', limit, async () => {
  const pid = join(root, 'orphan.pid');
  const server = await startFakeServer();
  server.queue(jobOf([bashStep('long', `echo $$ > ${pid}; exec sleep 300`)]));
  const program = `import { runAgent } from '${join(import.meta.dirname, 'index.ts')}';
import { builtInTasks } from '${join(import.meta.dirname, 'test-agent.ts')}';
await runAgent({ url: '${server.url}', token: '${server.token}', poolId: 1, name: 'a', workFolder: '${join(root, 'killed')}', tasks: builtInTasks(), env: process.env, once: true, signal: new AbortController().signal });`;
  const agent = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program],
    { stdio: 'ignore' },
  );
  await until(() => existsSync(pid) && readFileSync(pid, 'utf8') !== '');
  assert.equal(isAlive(pid), true);
  agent.kill('SIGKILL');
  await server.close();
  await until(() => !isAlive(pid));
});

test('what a logging command names wrongly fails its step, and never the job behind it', limit, async () => {
  const step = bashStep(
    'attach',
    [
      'echo "##vso[task.addattachment type=a;name=../../x]$PWD/file"',
      'mkfifo pipe; echo x > file',
      'echo "##vso[task.uploadfile]$PWD/pipe"',
      "echo '##vso[task.uploadfile]/dev/zero'",
      "echo '##vso[build.uploadlog]/dev/zero'",
      "echo '##vso[task.uploadsummary]/nowhere'",
      'echo still here',
    ].join('\n'),
    { continueOnError: true },
  );
  const after = bashStep('after', 'echo on');
  const { event, server } = await runTestJob(jobOf([step, after]));
  assert.equal(event.result, 'succeededWithIssues');
  const log = server.logOf(step.id);
  assert.ok(log.includes('still here'));
  assert.equal(log.filter((line) => /The name '\.\.\/\.\.\/x' of the attachment is not usable/.test(line)).length, 1);
  assert.equal(log.filter((line) => /is not a regular file/.test(line)).length, 3);
  assert.equal(log.filter((line) => /'\/nowhere' to attach does not exist/.test(line)).length, 1);
  assert.ok(server.logOf(after.id).includes('on'));
});

test(
  'a build number that the server refuses fails its step in the server’s words; shown outputs hold no secret',
  limit,
  async () => {
    const number = bashStep(
      'number',
      'echo "##vso[task.setvariable variable=made;isoutput=true]of-$KEY"; echo "##vso[build.updatebuildnumber]a/b"',
      { environment: { KEY: '$(key)' } },
    );
    const job = jobOf([number], { variables: { key: { value: 'kept-to-itself', isSecret: true } } });
    const run = await startJob(job);
    run.server.intercept = (request, response) => {
      if (!/build\/builds/.test(request.url ?? '')) return false;
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message: 'TF209010: no such number' }));
      return true;
    };
    const event = await run.end();
    assert.equal(event.result, 'failed');
    assert.equal(event.outputs['number.made']?.value, 'of-kept-to-itself');
    const record = run.server.records.get(number.id);
    assert.deepEqual(record?.variables?.['made'], { value: 'of-***', isSecret: false });
    assert.deepEqual(
      record?.issues?.map((issue) => issue.message),
      ['TF209010: no such number'],
    );
  },
);

test('an attachment that the server does not take is said in the log of the job, which goes on', limit, async () => {
  const step = bashStep('attach', 'echo x > file; echo "##vso[task.uploadfile]$PWD/file"');
  const job = jobOf([step]);
  const server = await startFakeServer();
  server.intercept = (request, response) => {
    if (!/attachments/.test(request.url ?? '')) return false;
    response.writeHead(413, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ message: 'too large' }));
    return true;
  };
  const run = await startJob(job, {}, server);
  const event = await run.end();
  assert.equal(event.result, 'succeeded');
  assert.ok(run.server.logOf(job.jobId).some((line) => /The attachment 'file' was not taken: .*too large/.test(line)));
});

test('every logging command that fails at the end of its step is told', limit, async () => {
  const step = bashStep(
    'fails',
    "echo '##vso[artifact.upload artifactname=a/b]x'; echo '##vso[artifact.upload artifactname=good]/nowhere'; echo '##vso[build.uploadlog]/nothing'",
  );
  const { event, server } = await runTestJob(jobOf([step]));
  assert.equal(event.result, 'failed');
  const errors = server.logOf(step.id).filter((line) => line.startsWith('##[error]'));
  assert.equal(errors.length, 3, errors.join('\n'));
});

test('a secret that is too long for a line of the log is set all the same, and never printed', limit, async () => {
  const step = bashStep(
    'long',
    [
      "value=$(head -c 500000 /dev/zero | tr '\\0' q)",
      'printf "##vso[task.setvariable variable=big;issecret=true]%s\\n" "$value"',
      'printf "and %s\\n" "$value"',
      'printf "##vso[task.setvariable variable=huge;issecret=true]"',
      "head -c 9000000 /dev/zero | tr '\\0' z; echo; echo done",
    ].join('\n'),
    { continueOnError: true },
  );
  const { event, server } = await runTestJob(jobOf([step]));
  assert.equal(event.result, 'succeededWithIssues');
  const log = server.logOf(step.id);
  assert.ok(log.includes('and ***'), log.map((line) => line.slice(0, 100)).join('\n'));
  assert.ok(log.includes('done'));
  assert.equal(/qqqq|zzzz/.test(log.join('\n')), false, 'a value is in the log');
  assert.ok(log.some((line) => /longer than 8388608 characters/.test(line)));
});

test(
  'no step begins before word of it is out: when the server is away the next one waits a moment for it',
  limit,
  async () => {
    const went = join(root, 'went');
    const go = join(root, 'go-on');
    const first = bashStep('first', `until [ -e ${go} ]; do sleep 0.01; done`);
    const second = bashStep('second', `touch ${went}`);
    const server = await startFakeServer();
    const run = await startJob(jobOf([first, second]), {}, server);
    await until(() => server.records.get(first.id)?.state === 'inProgress');
    await server.kill();
    writeFileSync(go, '');
    // Had the second step not waited, it would have run within this time; a slow machine makes the test weaker, never wrong.
    await sleep(300);
    assert.equal(existsSync(went), false);
    await server.revive();
    const event = await run.end();
    assert.equal(event.result, 'succeeded');
    assert.equal(existsSync(went), true);
    const told = (id: string, state: string) =>
      server.updates.findIndex((update) => update.id === id && update.state === state);
    assert.ok(told(first.id, 'inProgress') < told(second.id, 'inProgress'));
    assert.ok(told(second.id, 'inProgress') < told(second.id, 'completed'));
  },
);

test('a server that stays away does not stop the steps', limit, async () => {
  const clock = fakeClock(Date.now());
  const go = join(root, 'go-alone');
  const done = join(root, 'done-alone');
  const first = bashStep('first', `until [ -e ${go} ]; do sleep 0.01; done`);
  const server = await startFakeServer();
  const job = jobOf([first, bashStep('second', 'true'), bashStep('third', `touch ${done}`)], {
    lockedUntil: new Date(Date.now() + 3_600_000).toISOString(),
  });
  const run = await startJob(job, { clock }, server);
  await until(() => server.records.get(first.id)?.state === 'inProgress');
  await server.kill();
  writeFileSync(go, '');
  const tick = setInterval(() => clock.advance(150), 5);
  await until(() => existsSync(done));
  await server.revive();
  assert.equal((await server.completed()).result, 'succeeded');
  clearInterval(tick);
  await run.end();
});

test('an agent that is asked to end while it cannot report gives up soon', limit, async () => {
  const clock = fakeClock(Date.now());
  const server = await startFakeServer();
  const job = jobOf([bashStep('only', 'true')], { lockedUntil: new Date(Date.now() + 3_600_000).toISOString() });
  // What a job tells at its end is never answered.
  let reported = () => {};
  const reporting = new Promise<void>((resolve) => {
    reported = resolve;
  });
  server.intercept = (request) => {
    if (!/\/events\?/.test(request.url ?? '')) return false;
    reported();
    return true;
  };
  const run = await startJob(job, { clock }, server);
  const pump = setInterval(() => clock.advance(150), 5);
  await reporting;
  clearInterval(pump);
  run.abort.abort();
  clock.advance(14_000);
  assert.equal(await Promise.race([run.exit, sleep(50, 'still there')]), 'still there');
  clock.advance(2_000);
  assert.equal(await run.exit, 0);
  await run.dispose();
});

test('a message about a command shows no secret in another case', limit, async () => {
  const secret = 'CamelCase-Secret-1';
  const step = bashStep(
    'cases',
    'echo "##vso[bad-$S.cmd]x"; echo "##vso[task.logdetail id=$S]x"; echo "##vso[task.logissue type=$S]x"',
    { environment: { S: '$(S)' }, continueOnError: true },
  );
  const { server } = await runTestJob(jobOf([step], { variables: { S: { value: secret, isSecret: true } } }));
  const shown = JSON.stringify([server.logOf(step.id), [...server.records.values()]]);
  assert.equal(shown.toLowerCase().includes(secret.toLowerCase()), false, shown);
});
