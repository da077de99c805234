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
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { fakeClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import type { CuratedImage } from './curated.ts';
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
  const env = {
    MILLRACE_CONTAINERS: 'off',
    PATH: `${root}/bin:/usr/bin:/bin`,
    HOME: root,
    CALLS: join(root, 'calls'),
    PLAN: join(root, 'plan'),
  };
  const folder = join(root, 'environments');
  const clock = fakeClock();
  const make = (limit?: number, curated?: Readonly<Record<string, CuratedImage>>) =>
    createEnvironments({
      folder,
      env,
      clock,
      log: silentLog,
      ...(limit === undefined ? {} : { limit }),
      ...(curated === undefined ? {} : { curated }),
    });
  const calls = () => readFileSync(join(root, 'calls'), 'utf8').split('\n').slice(0, -1);
  const conda = (python: string) => ({
    name: 'training',
    version: '1',
    image: 'ubuntu',
    condaFile: `dependencies: [python=${python}, pandas=1.5.3]`,
  });
  return { root, clock, folder, make, calls, conda, plan: (text: string) => writeFileSync(join(root, 'plan'), text) };
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
    builder.ensure(conda('3.91'), log, never, 'run'),
    builder.ensure(conda('3.91'), log, never, 'run'),
  ]);
  assert.deepEqual(first, second);
  assert.deepEqual(first.warnings, []);
  assert.ok(existsSync(join(first.binFolder as string, 'python')));
  assert.equal(calls().filter((call) => call.startsWith('pip install')).length, 1);
  assert.ok(lines.some((line) => line.includes('https://***@index.example')));
  assert.ok(!lines.some((line) => line.includes('secret')));
  const before = calls().length;
  assert.deepEqual(await make().ensure(conda('3.91'), log, never, 'run'), first);
  assert.equal(calls().length, before);
});

test('without the interpreter asked for the nearest versions are taken, and the warnings name what differs', async (t) => {
  // The first try, with the versions asked for, finds no wheels.
  const { make, conda } = bench(
    t,
    'grep -q "pandas==1.5" "$last" && { echo "error: no wheels" >&2; exit 1; }; PANDAS=2.0.1',
  );
  const built = await make().ensure(conda('3.92'), () => {}, never, 'run');
  assert.equal(built.warnings.length, 2);
  assert.match(built.warnings[0] as string, /^Python 3\.91\.5 instead of 3\.92\.\*/);
  assert.match(built.warnings[1] as string, /pandas 2\.0\.1 instead of ==1\.5\.3\.\*/);
});

test('a failed build says the last lines and the next step, keeps its log and leaves nothing else; the next try builds anew', async (t) => {
  const { make, conda, folder, plan } = bench(t, 'echo "error: pandas 1.5.3 is not there" >&2; exit 2');
  const builder = make();
  await assert.rejects(
    builder.ensure(conda('3.91'), () => {}, never, 'run'),
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
  assert.deepEqual((await builder.ensure(conda('3.91'), () => {}, never, 'run')).warnings, []);
});

test('aborting the only one who waits kills the tool and leaves nothing', async (t) => {
  const { make, conda, folder } = bench(t, 'echo started; sleep 600 & wait');
  const stop = new AbortController();
  const building = make().ensure(conda('3.91'), (line) => line === 'started' && stop.abort(), stop.signal, 'run');
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
  const first = builder.ensure(conda('3.91'), (line) => line === 'started' && stop.abort(), stop.signal, 'run');
  const second = builder.ensure(conda('3.91'), () => {}, never, 'run');
  await assert.rejects(first, /canceled/);
  plan('PANDAS=1.5.3 # GO');
  assert.deepEqual((await second).warnings, []);
  assert.equal(calls().filter((call) => call.startsWith('pip install')).length, 1);
});

test('the lock of a process that is gone is taken over', async (t) => {
  const { make, conda, folder } = bench(t, 'PANDAS=1.5.3');
  const builder = make();
  const { root: target } = await builder.ensure(conda('3.91'), () => {}, never, 'run');
  assert.ok(target);
  // What goes on behind a finished build may still write into it.
  rmSync(target, { recursive: true, maxRetries: 50, retryDelay: 10 });
  mkdirSync(folder, { recursive: true });
  // Above every system's largest pid.
  writeFileSync(`${target}.lock`, '99999999 gone');
  assert.equal((await builder.ensure(conda('3.91'), () => {}, never, 'run')).root, target);
  assert.ok(!existsSync(`${target}.lock`));
});

test('an image alone runs on the machine’s Python and says so; an unknown curated name is refused with the known ones', async (t) => {
  const { make, folder } = bench(t, '');
  const host = await make().ensure({ name: 'base', version: '1', image: 'ubuntu:24.04' }, () => {}, never, 'run');
  assert.match(host.warnings[0] as string, /'ubuntu:24\.04'.*own Python 3\.91/);
  assert.equal(host.binFolder, join(folder, 'host/3.91/bin'));
  await assert.rejects(
    make().ensure({ name: 'x', version: '1', curated: 'nothing-1.0' }, () => {}, never, 'run'),
    /'nothing-1\.0'.*sklearn-1\.5/,
  );
});

test('a curated environment that is not in the table is built as the nearest of its family, with a warning', async (t) => {
  const { make, calls } = bench(t, 'PANDAS=2.0.1');
  const curated = { 'six-2.0': { python: '3.91', requirements: ['six~=2.0'], leftOut: [] } };
  const ensure = (name: string) =>
    make(undefined, curated).ensure({ name, version: '1', curated: name }, () => {}, never, 'run');
  assert.match((await ensure('six-1.4-py37')).warnings[0] as string, /'six-1\.4-py37'.*'six-2\.0' stands in for it/);
  assert.deepEqual((await ensure('six-2.0-py39')).warnings, []);
  assert.equal(calls().filter((call) => call.startsWith('venv')).length, 1);
});

/** Waits, never for a time alone, until what goes on behind a finished build has come to this. */
async function eventually(what: string, holds: () => boolean) {
  for (let look = 0; !holds(); look++) {
    assert.ok(look < 500, what);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('above the limit the longest unused goes, never one that a run holds, also after a restart', async (t) => {
  const { folder, clock, make, conda } = bench(t, 'PANDAS=1.5.3; head -c 100000 /dev/zero > "$folder/bytes"');
  const named = (name: string) => ({
    ...conda('3.91'),
    condaFile: `dependencies: [python=3.91, pip: [${name}]]`.replace('pip:', '{pip:').replace(']]', ']}]'),
  });
  const there = () => readdirSync(join(folder, 'envs')).filter((name) => !name.includes('.')).length;
  const first = make(250_000);
  const roots: string[] = [];
  for (const name of ['one', 'two']) {
    clock.advance(1000);
    roots.push((await first.ensure(named(name), () => {}, never, `run-${name}`)).root as string);
  }
  await first.release('run-two');
  // Another server on the same folder: the run that holds the oldest goes on.
  const second = make(250_000);
  clock.advance(1000);
  roots.push((await second.ensure(named('three'), () => {}, never, 'run-three')).root as string);
  await eventually('one was dropped', () => there() === 2);
  assert.deepEqual(
    roots.map((root) => existsSync(root)),
    [true, false, true],
  );
  await second.release('run-one');
  clock.advance(1000);
  await second.ensure(named('four'), () => {}, never, 'run-four');
  await eventually('another was dropped', () => there() === 2);
  assert.deepEqual(
    roots.map((root) => existsSync(root)),
    [false, false, true],
  );
});

test('what a server that died left half built is found out and goes', async (t) => {
  const { folder, clock, make, conda } = bench(t, 'PANDAS=1.5.3');
  const half = join(folder, 'envs/half');
  mkdirSync(join(half, 'lib'), { recursive: true });
  writeFileSync(`${half}.lock`, '99999999 gone');
  const dayBefore = new Date(clock.now().getTime() - 25 * 3600 * 1000);
  utimesSync(half, dayBefore, dayBefore);
  const { root } = await make().ensure(conda('3.91'), () => {}, never, 'run');
  await eventually('the half one is gone', () => !existsSync(half) && !existsSync(`${half}.lock`));
  assert.ok(existsSync(root as string));
});

test('a full disk is said so, in the log too; what nobody uses makes room and the build begins anew', async (t) => {
  const full = 'echo "error: failed to copy: No space left on device (os error 28)" >&2; exit 2';
  const { folder, make, conda, plan } = bench(t, 'PANDAS=1.5.3');
  const builder = make();
  const old = await builder.ensure(conda('3.91'), () => {}, never, 'old');
  const other = { ...conda('3.91'), condaFile: 'dependencies: [python=3.91, six]' };
  plan(full);
  await assert.rejects(
    builder.ensure(other, () => {}, never, 'run'),
    /disk of .* is full\. Free some space/,
  );
  assert.ok(existsSync(old.root as string));
  await builder.release('old');
  // Full until the old one is gone.
  plan(`[ -d "${old.root}" ] && { ${full}; }; PANDAS=1.5.3`);
  const lines: string[] = [];
  const built = await builder.ensure(other, (line) => lines.push(line), never, 'run');
  assert.ok(existsSync(built.root as string));
  assert.ok(!existsSync(old.root as string));
  assert.ok(lines.some((line) => /disk is full: 1 environments/.test(line)));
  assert.deepEqual(readdirSync(join(folder, 'envs')), [(built.root as string).split('/').pop()]);
});

test('on a full disk the packages that the installer keeps make room too, and a build that fails for it leaves none', async (t) => {
  const { folder, make, conda, plan } = bench(t, '');
  const packages = join(folder, 'cache');
  const fill = 'mkdir -p "$UV_CACHE_DIR"; head -c 50000 /dev/zero > "$UV_CACHE_DIR/wheel"';
  const full = 'echo "No space left on device (os error 28)" >&2; exit 2';
  plan(`${fill}; [ -e "$HOME/again" ] || { : > "$HOME/again"; ${full}; }; PANDAS=1.5.3`);
  const builder = make();
  await builder.ensure(conda('3.91'), () => {}, never, 'run');
  assert.ok(existsSync(packages));
  plan(`${fill}; ${full}`);
  const other = { ...conda('3.91'), condaFile: 'six\npandas==1.5.3 # as a requirements file' };
  await assert.rejects(
    builder.ensure(other, () => {}, never, 'run'),
    /is full/,
  );
  assert.ok(!existsSync(packages));
});

test('a Dockerfile runs without containers with what its steps install, and the warning says what is left out', async (t) => {
  const { root, make, calls } = bench(t, 'PANDAS=2.0.1; cp "$last" "$HOME/asked"');
  const folder = join(root, 'context');
  mkdirSync(folder);
  writeFileSync(join(folder, 'requirements.txt'), '# what it needs\npandas==2.0.1\n');
  writeFileSync(
    join(folder, 'Dockerfile'),
    'FROM python:3.91-slim\nENV MODE=fast\nRUN apt-get install -y git && \\\n    pip install --no-cache-dir -r requirements.txt six\n',
  );
  const request = { name: 'own', version: '1', build: { folder, dockerfile: 'Dockerfile' } };
  const built = await make().ensure(request, () => {}, never, 'run');
  assert.equal(calls().filter((call) => call.startsWith('pip install')).length, 1);
  assert.equal(readFileSync(join(root, 'asked'), 'utf8'), 'pandas==2.0.1\nsix\n');
  assert.equal(built.env['MODE'], 'fast');
  assert.match(
    built.warnings[0] as string,
    /'own' is a Dockerfile on python:3\.91-slim, and containers are switched off.*left out: RUN apt-get install -y git\./,
  );
  await assert.rejects(
    make().ensure({ ...request, build: { folder, dockerfile: '../plan' } }, () => {}, never, 'run'),
    /leaves its folder/,
  );
});
