import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { createEnvironments } from './environments.ts';

/** A stand-in for uv: writes down its calls, makes a folder like a venv, and "installs" what `PLAN` says. */
const FAKE_UV = `#!/bin/sh
echo "$*" >> "$CALLS"
for last; do :; done
case "$1 $2" in
  "venv --quiet") mkdir -p "$last/bin" "$last/lib/python3.91/site-packages"; : > "$last/bin/python"; echo "version_info = 3.91.5" > "$last/pyvenv.cfg" ;;
  "python install") exit 1 ;;
  "pip compile") echo "pandas==2.0.1"; echo "six==1.0" ;;
  "pip install")
    folder=$(dirname "$last")
    . "$PLAN"
    mkdir -p "$folder/lib/python3.91/site-packages/pandas-$PANDAS.dist-info" ;;
esac
`;

function bench(t: TestContext, plan: string) {
  const root = mkdtempSync(join(tmpdir(), 'environments-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'bin'));
  writeFileSync(join(root, 'bin/uv'), FAKE_UV);
  chmodSync(join(root, 'bin/uv'), 0o755);
  writeFileSync(join(root, 'bin/python3.91'), '');
  symlinkSync('python3.91', join(root, 'bin/python3'));
  writeFileSync(join(root, 'plan'), plan);
  writeFileSync(join(root, 'calls'), '');
  const env = { PATH: `${root}/bin:/usr/bin:/bin`, HOME: root, CALLS: join(root, 'calls'), PLAN: join(root, 'plan') };
  const folder = join(root, 'environments');
  const make = () => createEnvironments({ folder, env, clock: systemClock, log: silentLog });
  const calls = () => readFileSync(join(root, 'calls'), 'utf8').split('\n').slice(0, -1);
  const conda = (python: string) => ({
    name: 'training',
    version: '1',
    image: 'ubuntu',
    condaFile: `dependencies: [python=${python}, pandas=1.5.3]`,
  });
  return { folder, make, calls, conda, plan: (text: string) => writeFileSync(join(root, 'plan'), text) };
}

const never = new AbortController().signal;

test('an environment is built once for all who ask at the same time, and found later without a process', async (t) => {
  const { make, calls, conda } = bench(
    t,
    'PANDAS=1.5.3; echo "installing from https://user:secret@index.example/simple"',
  );
  const builder = make();
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const [first, second] = await Promise.all([
    builder.ensure(conda('3.91'), log, never),
    builder.ensure(conda('3.91'), log, never),
  ]);
  assert.deepEqual(first, second);
  assert.deepEqual(first.warnings, []);
  assert.ok(existsSync(first.python));
  assert.equal(calls().filter((call) => call.startsWith('pip install')).length, 1);
  assert.ok(lines.some((line) => line.includes('https://***@index.example')));
  assert.ok(!lines.some((line) => line.includes('secret')));
  const before = calls().length;
  assert.deepEqual(await make().ensure(conda('3.91'), log, never), first);
  assert.equal(calls().length, before);
});

test('without the interpreter asked for the nearest versions are taken, and the warnings name what differs', async (t) => {
  // The first try, with the versions asked for, finds no wheels.
  const { make, conda } = bench(
    t,
    'grep -q "pandas==1.5" "$last" && { echo "error: no wheels" >&2; exit 1; }; PANDAS=2.0.1',
  );
  const built = await make().ensure(conda('3.92'), () => {}, never);
  assert.equal(built.warnings.length, 2);
  assert.match(built.warnings[0] as string, /^Python 3\.91\.5 instead of 3\.92\.\*/);
  assert.match(built.warnings[1] as string, /pandas 2\.0\.1 instead of ==1\.5\.3\.\*/);
});

test('a failed build says the last lines and the next step, keeps its log and leaves nothing else; the next try builds anew', async (t) => {
  const { make, conda, folder, plan } = bench(t, 'echo "error: pandas 1.5.3 is not there" >&2; exit 2');
  const builder = make();
  await assert.rejects(
    builder.ensure(conda('3.91'), () => {}, never),
    (error: Error) => {
      assert.match(error.message, /'training' could not be built: 'uv pip install' ended with exit code 2/);
      assert.match(error.message, /pandas 1\.5\.3 is not there/);
      assert.match(error.message, /Check the package names/);
      return true;
    },
  );
  assert.deepEqual(readdirSync(join(folder, 'envs')), []);
  assert.match(
    readFileSync(join(folder, 'logs', readdirSync(join(folder, 'logs'))[0] as string), 'utf8'),
    /is not there/,
  );
  plan('PANDAS=1.5.3');
  assert.deepEqual((await builder.ensure(conda('3.91'), () => {}, never)).warnings, []);
});

test('aborting the only one who waits kills the tool and leaves nothing', async (t) => {
  const { make, conda, folder } = bench(t, 'echo started; sleep 600 & wait');
  const stop = new AbortController();
  const building = make().ensure(conda('3.91'), (line) => line === 'started' && stop.abort(), stop.signal);
  await assert.rejects(building, /canceled/);
  for (let look = 0; readdirSync(join(folder, 'envs')).length > 0; look++) {
    assert.ok(look < 200, 'the draft is removed');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});

test('one who gives up does not take the build away from another who waits for it', async (t) => {
  const { make, conda, calls, plan } = bench(
    t,
    'echo started; while ! grep -q GO "$PLAN"; do sleep 0.02; done; PANDAS=1.5.3',
  );
  const builder = make();
  const stop = new AbortController();
  const first = builder.ensure(conda('3.91'), (line) => line === 'started' && stop.abort(), stop.signal);
  const second = builder.ensure(conda('3.91'), () => {}, never);
  await assert.rejects(first, /canceled/);
  plan('PANDAS=1.5.3 # GO');
  assert.deepEqual((await second).warnings, []);
  assert.equal(calls().filter((call) => call.startsWith('pip install')).length, 1);
});

test('the lock of a process that is gone is taken over', async (t) => {
  const { make, conda, folder } = bench(t, 'PANDAS=1.5.3');
  const builder = make();
  const { python } = await builder.ensure(conda('3.91'), () => {}, never);
  const target = join(python, '../..');
  rmSync(target, { recursive: true });
  mkdirSync(folder, { recursive: true });
  // Above every system's largest pid.
  writeFileSync(`${target}.lock`, '99999999 gone');
  assert.equal((await builder.ensure(conda('3.91'), () => {}, never)).python, python);
  assert.ok(!existsSync(`${target}.lock`));
});

test('an image alone runs on the machine’s Python and says so; an unknown curated name is refused with the known ones', async (t) => {
  const { make, folder } = bench(t, '');
  const host = await make().ensure({ name: 'base', version: '1', image: 'ubuntu:24.04' }, () => {}, never);
  assert.match(host.warnings[0] as string, /'ubuntu:24\.04'.*own Python 3\.91/);
  assert.equal(host.binFolder, join(folder, 'host/3.91/bin'));
  await assert.rejects(
    make().ensure({ name: 'x', version: '1', curated: 'nothing-1.0' }, () => {}, never),
    /'nothing-1\.0'.*sklearn-1\.5/,
  );
});
