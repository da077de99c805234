import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type CliIo, runCli } from '../index.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-triggers-'));
after(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(
  join(folder, 'azure-pipelines.yml'),
  'trigger:\n  branches: [main]\n  paths: {exclude: [docs]}\nschedules:\n- cron: 0 6 * * *\nsteps:\n- bash: a\n',
);

async function call(...args: string[]) {
  const written = { out: '', err: '' };
  const sink = (name: 'out' | 'err') => ({
    write(text: string) {
      written[name] += text;
    },
  });
  const host = { version: '0', dataDirectory: folder, sampleDirectory: undefined, tasks: async () => undefined };
  const io: CliIo = {
    stdout: sink('out'),
    stderr: sink('err'),
    env: {},
    cwd: folder,
    onInterrupt: () => () => undefined,
    host: host as never,
  };
  return { code: await runCli(['triggers', ...args], io), ...written };
}

test('what would run answers 0, what would not 1, with the pattern that decided', async () => {
  const runs = await call('--branch', 'main', '--changed', 'src/a', '--changed', 'docs/b');
  assert.deepEqual(
    [runs.code, runs.out],
    [
      0,
      "A push of main would run azure-pipelines.yml.\n  + branch main: included by 'main'\n  + path src/a: nothing is included by name, so everything that is not excluded counts\n  · path docs/b: excluded by 'docs'\n",
    ],
  );
  const not = await call('--branch', 'main', '-c', 'docs/b');
  assert.equal(not.code, 1);
  assert.match(not.out, /^A push of main would not run azure-pipelines\.yml\.\n/);
});

test('--json holds the event and the reasons', async () => {
  const { code, out } = await call('--tag', 'v1', '--json');
  const answer = JSON.parse(out);
  assert.deepEqual([code, answer.runs, answer.event], [1, false, { kind: 'push', ref: 'refs/tags/v1' }]);
  assert.equal(answer.reasons[0].weight, 'against');
});

test('a time is in UTC, with or without a zone', async () => {
  for (const time of ['2026-03-01T06:00', '2026-03-01 06:00', '2026-03-01T06:00Z', '2026-03-01T07:00+01:00'])
    assert.equal((await call('-b', 'x', '--at', time)).code, 0, time);
  assert.equal((await call('-b', 'x', '--at', '2026-03-01T07:00')).code, 1);
});

test('options that do not go together are wrong arguments', async () => {
  for (const [args, message] of [
    [[], /no branch is checked out here: name one with --branch/],
    [['--pr', 'a', '--at', 'now'], /--pr and --at are different events/],
    [['--pr', 'a', '--tag', 'b'], /--tag says nothing about --pr/],
    [['-b', 'a', '--draft'], /--draft says nothing about a push/],
    [['-b', 'a', '--tag', 'b'], /one branch or of one tag/],
    [['-b', 'a', '--at', 'soon'], /--at needs a time such as/],
  ] as const) {
    const { code, err } = await call(...args);
    assert.equal(code, 2, args.join(' '));
    assert.match(err, message);
  }
});

test('a schedule that cannot be read is told by validate; when it is asked for, that is a fault of the pipeline', async () => {
  writeFileSync(join(folder, 'bad.yml'), 'schedules:\n- cron: 0 25 * * *\n- cron: 0 6 * * *\nsteps:\n- bash: a\n');
  const at = async (time: string) => await call('bad.yml', '-b', 'x', '--at', time);
  const { code, err } = await at('2026-03-01T07:00');
  assert.equal(code, 2);
  assert.match(err, /^warning: bad\.yml:2:9: Improperly formed cron syntax: '0 25 \* \* \*'\n/);
  assert.match(err, /No run starts by this schedule: '25' is no hour \(0 to 23\)\.\n$/);
  assert.equal((await at('2026-03-01T06:00')).code, 0, 'another schedule starts then');
  assert.deepEqual([(await call('bad.yml', '-b', 'x')).code, (await call('bad.yml', '-b', 'x')).err], [0, '']);
});

test('the end of a run of an unknown resource is a wrong argument', async () => {
  const { code, err } = await call('--completed', 'lib', '-b', 'main');
  assert.equal(code, 2);
  assert.match(err, /resources\.pipelines has no 'lib'; it has: none/);
});
