import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { TimelineRecord } from './client/wire.ts';
import { commands } from './commands/index.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { type CliHost, type CliIo, runCli } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
before(() => {
  mkdirSync(join(folder, 'project'));
  writeFileSync(join(folder, 'project/azure-pipelines.yml'), 'steps:\n- bash: echo hello\n');
});
after(() => rmSync(folder, { recursive: true, force: true }));

type Called = {
  readonly io: CliIo;
  readonly out: () => string;
  readonly err: () => string;
  interrupt(): void;
  readonly closed: () => number;
  readonly left: () => number;
};

function createIo(fake: FakeServer | undefined, options: { tty?: boolean; env?: Record<string, string> } = {}): Called {
  let out = '';
  let err = '';
  let closed = 0;
  let left = 0;
  const listeners = new Set<() => void>();
  const host: CliHost = {
    version: '1.2.3',
    dataDirectory: join(folder, 'data'),
    sampleDirectory: join(folder, 'project'),
    tasks: async () => ({ find: () => undefined }),
    connect: async () =>
      fake && {
        url: fake.url,
        token: 'token',
        hosted: true,
        close: async (end) => {
          // A real server takes a moment to close.
          await new Promise((resolve) => setTimeout(resolve, 20));
          if (end?.atOnce) left++;
          else closed++;
        },
      },
    describe: async () => (fake ? { url: fake.url, token: 'owner', pid: 42, mode: 'up' } : undefined),
    up: async (asked) => asked.port ?? 0,
    down: async () => fake !== undefined,
    environment: async () => ({ A: "it's $HOME", B: 'x' }),
    az: async (argv) => argv.length,
  };
  const io: CliIo = {
    stdout: {
      write(text) {
        out += text;
      },
    },
    stderr: {
      write(text) {
        err += text;
      },
      isTTY: options.tty === true,
      columns: 80,
      rows: 24,
    },
    env: options.env ?? {},
    cwd: join(folder, 'project'),
    onInterrupt(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    host,
  };
  const interrupt = () => {
    for (const listener of listeners) listener();
  };
  return { io, out: () => out, err: () => err, interrupt, closed: () => closed, left: () => left };
}

const job = (state: 'inProgress' | 'completed', result?: TimelineRecord['result']): TimelineRecord => ({
  id: 'j',
  type: 'Job',
  name: 'Build',
  state,
  startTime: '2026-01-05T10:00:00Z',
  ...(result ? { result, finishTime: '2026-01-05T10:00:02Z' } : {}),
});
const step = (state: 'inProgress' | 'completed', result?: TimelineRecord['result']): TimelineRecord => ({
  ...job(state, result),
  id: 't',
  parentId: 'j',
  type: 'Task',
  name: 'Say hello',
  task: { name: 'Bash' },
  log: { id: 3 },
});

/** Waits until something holds, asking between turns of the event loop. */
async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!holds()) {
    assert.ok(performance.now() < end, 'waited for ten seconds');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const longPolls = (fake: FakeServer) => fake.requests.filter((one) => one.path.includes('waitSeconds')).length;

test('run follows a run to its success and answers 0', async (t) => {
  const fake = await startFakeServer(t);
  fake.localRun.body = { id: 7, name: 'x', provisioned: ['created service connection c'], warnings: ['careful'] };
  const called = createIo(fake, { env: { KEY: 's3cret' } });
  const args = [
    'run',
    '--variable',
    'a=b=c',
    '--secret',
    'KEY',
    '-p',
    'size=3',
    '--group',
    'shared:color=red',
    '--repository',
    'tools@v1=../tools',
    '--job',
    'Build',
    '--strict',
    '--json',
  ];
  const over = runCli(args, called.io);
  await until(() => longPolls(fake) > 0);
  fake.change({}, [job('inProgress'), step('inProgress')]);
  await until(() => longPolls(fake) > 2);
  fake.change({ status: 'completed', result: 'succeeded', finishTime: '2026-01-05T10:00:03Z' }, [
    job('completed', 'succeeded'),
    step('completed', 'succeeded'),
  ]);
  assert.equal(await over, 0);
  assert.deepEqual(fake.requests[0]?.body, {
    directory: join(folder, 'project'),
    file: 'azure-pipelines.yml',
    variables: { a: { value: 'b=c', isSecret: false }, KEY: { value: 's3cret', isSecret: true } },
    groups: { shared: { color: { value: 'red' } } },
    repositories: [{ name: 'tools', ref: 'v1', directory: join(folder, 'tools') }],
    templateParameters: { size: '3' },
    jobs: ['Build'],
    strict: true,
    cleanCheckout: false,
    az: 'embedded',
  });
  const lines = called.err().split('\n');
  assert.deepEqual(lines.slice(0, 5), [
    'created service connection c',
    'warning: careful',
    '[Build] started',
    '[Build] Say hello … ok (2.0s)',
    '[Build] succeeded (2.0s)',
  ]);
  assert.match(called.err(), /Run 7 \(20260105\.1\) succeeded in 3\.0s\.\nNext: millrace runs logs 7/);
  assert.equal((JSON.parse(called.out()) as { result: string }).result, 'succeeded');
  assert.ok(!called.err().includes('s3cret') && !called.out().includes('s3cret'));
  assert.equal(called.closed(), 1);
});

test("a failed run shows the failing step's last lines and answers 1", async (t) => {
  const fake = await startFakeServer(t);
  const rule = '='.repeat(78);
  const output = Array.from({ length: 30 }, (_, index) => `output ${index + 1}`);
  const log = [
    '##[section]Starting: Say hello',
    rule,
    'Task : Bash',
    rule,
    ...output,
    '##[error]Bash exited with code 3',
  ];
  fake.logs = { 3: [...log, '##[section]Finishing: Say hello'].map((line) => `2026-01-05T10:00:00.0000000Z ${line}`) };
  const issue = { type: 'error', message: 'Bash exited with code 3' };
  fake.change({ status: 'completed', result: 'failed' }, [
    job('completed', 'failed'),
    { ...step('completed', 'failed'), issues: [issue], errorCount: 1 },
  ]);
  const called = createIo(fake);
  assert.equal(await runCli(['run'], called.io), 1);
  const shown = called
    .err()
    .split('\n')
    .filter((line) => line.startsWith('  '));
  assert.deepEqual(shown, [
    ...output.slice(11).map((line) => `  ${line}`),
    '  error: Bash exited with code 3',
    "  whole log: millrace runs logs 7 --step 'Say hello'",
  ]);
});

test('a canceled run answers 5; results with issues answer 0', async (t) => {
  for (const [result, code] of [
    ['canceled', 5],
    ['partiallySucceeded', 0],
  ] as const) {
    const fake = await startFakeServer(t);
    fake.change({ status: 'completed', result }, [job('completed', 'canceled')]);
    assert.equal(await runCli(['run'], createIo(fake).io), code);
  }
});

test('Ctrl-C cancels the run, waits for its end and answers 130', async (t) => {
  const fake = await startFakeServer(t);
  const called = createIo(fake);
  const over = runCli(['run'], called.io);
  await until(() => longPolls(fake) > 1);
  fake.onCancel = () => fake.change({ status: 'completed', result: 'canceled' }, [job('completed', 'canceled')]);
  called.interrupt();
  assert.equal(await over, 130);
  assert.deepEqual(fake.requests.find((one) => one.method === 'PATCH')?.body, { status: 'cancelling' });
  assert.match(called.err(), /Canceling run 7/);
  assert.equal(called.closed(), 1);
});

test('a Ctrl-C while the run is being made cancels it as soon as it is there', async (t) => {
  const fake = await startFakeServer(t);
  const called = createIo(fake);
  fake.onCancel = () => fake.change({ status: 'completed', result: 'canceled' }, [job('completed', 'canceled')]);
  const over = runCli(['run'], called.io);
  await until(() => fake.requests.length > 0);
  called.interrupt();
  assert.equal(await over, 130);
  assert.deepEqual(fake.requests.find((one) => one.method === 'PATCH')?.body, { status: 'cancelling' });
  assert.equal(called.closed(), 1);
});

test('a Ctrl-C before the server answers makes no run', async (t) => {
  const fake = await startFakeServer(t);
  const called = createIo(fake);
  const connect = called.io.host.connect;
  const io = {
    ...called.io,
    host: {
      ...called.io.host,
      connect: (options: Parameters<typeof connect>[0]) => {
        called.interrupt();
        return connect(options);
      },
    },
  };
  assert.equal(await runCli(['run'], io), 130);
  assert.equal(fake.requests.length, 0);
  assert.equal(called.closed(), 1);
});

test('a second Ctrl-C leaves at once and gives the cursor back', async (t) => {
  const fake = await startFakeServer(t);
  const called = createIo(fake, { tty: true });
  const over = runCli(['run'], called.io);
  await until(() => longPolls(fake) > 1);
  called.interrupt();
  called.interrupt();
  assert.equal(await over, 130);
  assert.match(called.err(), /Left run 7 on its way/);
  assert.equal(called.left(), 1);
  assert.ok(called.err().lastIndexOf('\x1b[?25h') > called.err().lastIndexOf('\x1b[?25l'));
});

test('on a terminal the tree is redrawn in place and its last frame stays', async (t) => {
  const fake = await startFakeServer(t);
  fake.logs = { 3: ['2026-01-05T10:00:00.0000000Z hello there'] };
  fake.change({}, [job('inProgress'), step('inProgress')]);
  const called = createIo(fake, { tty: true, env: { NO_COLOR: '1' } });
  const over = runCli(['run'], called.io);
  await until(() => called.err().includes('│ hello there'));
  fake.change({ status: 'completed', result: 'succeeded' }, [
    job('completed', 'succeeded'),
    step('completed', 'succeeded'),
  ]);
  assert.equal(await over, 0);
  const last = called.err().slice(called.err().lastIndexOf('\x1b[?2026h'));
  assert.match(last, /✓ 20260105\.1.*\n.*✓ Build +2\.0s.*\n.*✓ Say hello +2\.0s/);
  assert.ok(!/\x1b\[[0-9]+m/.test(called.err()), 'NO_COLOR is honoured');
});

test('a refused pipeline answers 2 and shows each problem', async (t) => {
  const fake = await startFakeServer(t);
  const text = '/azure-pipelines.yml (Line: 2, Col: 3): Unexpected value';
  const diagnostic = {
    code: 'X',
    severity: 'error',
    message: 'Unexpected value',
    text,
    file: '/azure-pipelines.yml',
    line: 2,
    column: 3,
  };
  fake.localRun = { status: 400, body: { message: text, diagnostics: [diagnostic] } };
  const called = createIo(fake);
  assert.equal(await runCli(['run'], called.io), 2);
  assert.match(called.err(), /azure-pipelines\.yml:2:3.*Unexpected value/);
  assert.match(called.err(), /- bash: echo hello/);
});

test('after a refusal the way to check is said where it would show the problem, with the file', async (t) => {
  const fake = await startFakeServer(t);
  const refusal = async (body: unknown) => {
    fake.localRun = { status: 400, body };
    const called = createIo(fake);
    assert.equal(await runCli(['run'], called.io), 2);
    return called.err().trimEnd().split('\n').at(-1);
  };
  const problem = (code: string, text: string) => ({
    code,
    severity: 'error',
    message: text.split('): ').at(-1),
    text,
  });
  const place = '/azure-pipelines.yml (Line: 1, Col: 1): ';
  const withHint = 'Nothing was run. After a change, check it with: millrace validate azure-pipelines.yml';
  for (const [diagnostic, last] of [
    [problem('unexpected-value', `${place}Unexpected value 'x'`), withHint],
    [problem('parameter-not-allowed', `${place}The 'a' parameter value 'b' is not a valid value.`), withHint],
    [problem('parameter-missing', "A value for the 'a' parameter must be provided."), 'Nothing was run.'],
    [problem('not-implemented', `${place}not implemented: x`), 'Nothing was run.'],
  ] as const)
    assert.equal(await refusal({ message: diagnostic.text, diagnostics: [diagnostic] }), last, diagnostic.code);
  assert.equal(await refusal({ message: "The pipeline has no stage 'Nope'." }), 'Nothing was run.');
});

test('a warning of a run has its place as validate prints it', async (t) => {
  const fake = await startFakeServer(t);
  const warnings = ['/azure-pipelines.yml (Line: 1, Col: 3): not looked at: x: y', 'There is no agent pool'];
  fake.localRun = { status: 201, body: { id: 7, name: 'x', warnings } };
  fake.change({ status: 'completed', result: 'succeeded' }, []);
  const called = createIo(fake);
  await runCli(['run'], called.io);
  assert.match(
    called.err(),
    /^warning: azure-pipelines\.yml:1:3: not looked at: x: y\n(?: .*\n)*warning: There is no agent pool\n/m,
  );
});

test('a server that does not answer is one clear message', async (t) => {
  const fake = await startFakeServer(t);
  fake.close();
  const called = createIo(fake);
  assert.equal(await runCli(['runs', 'list'], called.io), 1);
  assert.match(called.err(), /^millrace: The server at http:\S+ does not answer \(ECONNREFUSED\)/);
});

test('runs list, show, logs and cancel', async (t) => {
  const fake = await startFakeServer(t);
  fake.logs = { 3: ['2026-01-05T10:00:00.0000000Z hello'] };
  fake.change(
    {
      status: 'completed',
      result: 'succeeded',
      definition: { id: 1, name: 'taxi' },
      finishTime: '2026-01-05T10:00:03Z',
    },
    [job('completed', 'succeeded'), step('completed', 'succeeded')],
  );
  const output = async (...args: string[]) => {
    const called = createIo(fake);
    const code = await runCli(args, called.io);
    return { code, out: called.out(), err: called.err() };
  };
  assert.match((await output('runs', 'list')).out, /^RUN +NUMBER .*\n7 +20260105\.1 +taxi +succeeded +3\.0s\n$/);
  assert.match((await output('runs', 'show', '7')).out, /✓ Build +2\.0s\n {4}✓ Say hello/);
  assert.equal((await output('runs', 'logs', '7', '--step', 'say hello')).out, 'hello\n');
  assert.match(
    (await output('runs', 'logs', '7', '--step', 'nope')).err,
    /No log of step 'nope'\. Steps with a log: 'Say hello'\./,
  );
  const canceled = await output('runs', 'cancel', '7');
  assert.deepEqual([canceled.code, canceled.err], [1, 'Run 7 is over already: succeeded.\n']);
  assert.equal((await output('runs', 'show', '8')).code, 1);
});

const usageErrors: readonly (readonly [readonly string[], RegExp])[] = [
  [['rnu'], /unknown command 'rnu'; did you mean 'run'\?/],
  [['runs', 'lst'], /unknown command 'runs lst': 'millrace runs' has list, show, logs, cancel/],
  [['run', '--varable', 'a=b'], /unknown option --varable; did you mean --variable\?/],
  [['run', 'nope.yml'], /nope\.yml: there is no such file/],
  [['run', '.'], /\. is a folder/],
  [['run', 'a', 'b'], /'b' is one argument too many/],
  [['run', '--variable', 'novalue'], /--variable needs NAME=VALUE, not 'novalue'/],
  [['run', '--variable'], /--variable needs a value/],
  [['run', '--secret', 'ABSENT'], /environment variable ABSENT is not set/],
  [['run', '--az', 'fake'], /--az must be one of embedded, real, not 'fake'/],
  [['run', '--strict=yes'], /--strict is a switch/],
  [['runs', 'show'], /RUN is missing/],
  [['runs', 'show', 'x'], /RUN must be a run's number/],
  [['runs', 'list', '--top', '0'], /--top must be a number/],
  [['up', '--port', '99999'], /--port must be a number from 1 to 65535/],
  [['help', 'nothing'], /there is no command 'nothing'/],
];

for (const [args, message] of usageErrors) {
  test(`'${args.join(' ')}' is a usage error`, async () => {
    const called = createIo(undefined);
    assert.equal(await runCli(args, called.io), 2);
    assert.match(called.err(), message);
    assert.match(called.err(), /See 'millrace help/);
    assert.equal(called.out(), '');
  });
}

test('every command is whole: its name, summary and examples agree with the registry', async () => {
  for (const entry of commands) {
    const definition = await entry.load();
    assert.equal(definition.name, entry.name);
    assert.equal(definition.summary, entry.summary);
    assert.ok(definition.examples.length > 0, `${entry.name} has examples`);
    for (const example of definition.examples) assert.match(example.line, new RegExp(`millrace ${entry.name}\\b`));
    const called = createIo(undefined);
    assert.equal(await runCli(['help', ...entry.name.split(' ')], called.io), 0);
    assert.match(called.out(), new RegExp(`Usage: millrace ${entry.name}`));
  }
});

test('env quotes values so that a shell takes them literally', async (t) => {
  const fake = await startFakeServer(t);
  const called = createIo(fake);
  assert.equal(await runCli(['env'], called.io), 0);
  assert.equal(called.out(), `export A='it'\\''s $HOME'\nexport B='x'\n`);
});

test('status, down and az pass the host through', async () => {
  const called = createIo(undefined);
  assert.equal(await runCli(['status'], called.io), 1);
  assert.match(called.out(), /No server runs on /);
  assert.equal(await runCli(['down'], called.io), 0);
  assert.equal(await runCli(['az', 'ml', 'job', '--help'], called.io), 3);
  assert.equal(await runCli(['--version'], called.io), 0);
  assert.match(called.out(), /1\.2\.3\n$/);
});
