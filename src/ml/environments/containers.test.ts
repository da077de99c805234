import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
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
import { type TestContext, test } from 'node:test';
import { fakeClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { type GitContext, readGitContext } from '../git-context.ts';
import { createContainers } from './containers.ts';
import { createEnvironments } from './environments.ts';
import { openRepository } from './git-scene.ts';

/** A stand-in for podman: keeps its images as files, runs commands on the machine, and writes down its calls. */
const FAKE = `#!/bin/bash
echo "$*" >> "$CALLS"
for last; do :; done
case "$1 $2" in
  "info --format") [ "\${INFO:-0}" = 0 ] || { echo 'Error: no runtime' >&2; exit 1; }; echo '{"host":{"os":"linux"}}' ;;
  "image inspect") [ -e "$IMAGES/\${last////_}" ] && echo 600 ;;
  "image rm") /bin/rm "$IMAGES/$last" ;;
  "pull "*) case "$2" in
      away/*) echo "Error: initializing source: pinging container registry away: dial tcp: lookup away: no such host" >&2; exit 125 ;;
      gone/*) echo "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?" >&2; exit 1 ;;
      none/*) echo "Error: manifest unknown" >&2; exit 125 ;;
      *) echo "Copying blob"; : > "$IMAGES/\${2////_}" ;;
    esac ;;
  "build "*) echo "STEP 1"; grep -q FAIL "$last/Dockerfile" && { echo "Error: building: exit status 1" >&2; exit 1; }
    while [ "$1" != --tag ]; do shift; done; : > "$IMAGES/$2" ;;
  "ps "*) echo "0123456789ab" ;;
  "kill "* | "rm "*) : ;;
  "run "*) while [ "$1" != --entrypoint ]; do shift; done; shift 3; exec bash "$@" ;;
esac
`;

function bench(t: TestContext, info = '0') {
  const root = mkdtempSync(join(tmpdir(), 'containers-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const tool = join(root, 'bin/podman');
  for (const folder of ['bin', 'images', 'context', 'environments']) mkdirSync(join(root, folder));
  writeFileSync(tool, FAKE);
  chmodSync(tool, 0o755);
  writeFileSync(join(root, 'calls'), '');
  writeFileSync(join(root, 'bin/python3.91'), '');
  const env = {
    PATH: `${root}/bin:/usr/bin:/bin`,
    HOME: root,
    CALLS: join(root, 'calls'),
    IMAGES: join(root, 'images'),
    INFO: info,
    // The machine's own docker is none of these tests'.
    MILLRACE_CONTAINERS: 'podman',
  };
  const calls = () => readFileSync(join(root, 'calls'), 'utf8').split('\n').slice(0, -1);
  const clock = fakeClock();
  const folder = join(root, 'environments');
  return {
    root,
    tool,
    env,
    calls,
    clock,
    containers: createContainers({ folder, env, clock, limit: 1e9 }),
    builder: createEnvironments({ folder, env, clock, log: silentLog, limit: 1000 }),
    dockerfile: (text: string) => writeFileSync(join(root, 'context/Dockerfile'), text),
    request: { name: 'own', version: '1', build: { folder: join(root, 'context'), dockerfile: 'Dockerfile' } },
  };
}

const never = new AbortController().signal;
const image = (name: string) => ({ name: 'base', version: '1', image: name });

test('an image is fetched once and its jobs run inside, with the run’s folders and variables', async (t) => {
  const { builder, calls, root, tool } = bench(t);
  const lines: string[] = [];
  const built = await builder.ensure(image('here/image:1'), (line) => lines.push(line), never, 'launch');
  await builder.ensure(image('here/image:1'), () => {}, never, 'launch');
  assert.deepEqual(built.warnings, []);
  assert.deepEqual(lines, ['fetching the image here/image:1', 'Copying blob']);
  assert.equal(calls().filter((call) => call.startsWith('pull')).length, 1);
  const certificate = join(root, 'ca.pem');
  writeFileSync(certificate, '');
  const bare = {
    command: ['bash', '-c', 'echo $WORD; exit 7'],
    cwd: root,
    env: { PATH: '/host', WORD: 'a=b', CA: certificate },
    logFile: join(root, 'log'),
  };
  const inside = built.inside?.(bare, {
    user: 'launch',
    index: 0,
    folders: ['/run/folder'],
    mounts: [],
    home: '/run/folder/tmp',
    shmSize: '3g',
    variables: {},
  });
  assert.ok(inside);
  const text = inside.command.join(' ');
  assert.match(
    text,
    /--mount type=bind,source=\/run\/folder,destination=\/run\/folder --mount type=bind,source=\S+ca\.pem,destination=\S+,readonly/,
  );
  assert.match(text, /--shm-size 3g /);
  assert.match(text, /--env HOME=\/run\/folder\/tmp --env WORD --env CA /);
  assert.ok(!text.includes('a=b') && inside.env['WORD'] === 'a=b' && inside.env['PATH'] !== '/host');
  const ran = spawn(inside.command[0] as string, inside.command.slice(1), {
    env: inside.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  for await (const piece of ran.stdout) output += piece;
  const code = ran.exitCode ?? (await new Promise((resolve) => ran.once('exit', resolve)));
  assert.deepEqual([output, code], ['a=b\n', 7]);
  await builder.release('launch');
  assert.deepEqual(calls().slice(-3), [
    'ps --all --quiet --filter label=millrace.run=launch',
    'kill 0123456789ab',
    'rm --force 0123456789ab',
  ]);
  await builder.release('launch');
  assert.equal(calls().at(-1), 'rm --force 0123456789ab');
  assert.ok(existsSync(tool));
});

test('the first process hands the wish to end on to the command, and waits for it', async (t) => {
  const { containers, tool, root } = bench(t);
  const bare = {
    command: ['bash', '-c', 'trap "echo cleaned; exit 3" TERM; echo up; sleep 600 & wait'],
    cwd: root,
    env: {},
    logFile: '',
  };
  const engine = { program: tool, kind: 'podman', owner: [], gpus: [] } as const;
  const inside = containers.inside(engine, 'i', bare, {
    user: 'u',
    index: 0,
    folders: [],
    mounts: [],
    home: root,
    shmSize: '2g',
    variables: {},
  });
  const ran = spawn(inside.command[0] as string, inside.command.slice(1), {
    env: inside.env,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  t.after(() => {
    try {
      process.kill(-(ran.pid as number), 'SIGKILL');
    } catch {
      // all of it has ended
    }
  });
  let output = '';
  const ended = new Promise((resolve) => ran.once('exit', (code, signal) => resolve(signal ?? code)));
  ran.stdout.on('data', (piece) => {
    output += piece;
    if (String(piece).includes('up')) ran.kill('SIGTERM');
  });
  assert.equal(await ended, 3);
  assert.match(output, /up\ncleaned/);
});

test('a context is built once for its content, anew when it changes; a step that fails leaves no image', async (t) => {
  const { builder, calls, root, dockerfile, request } = bench(t);
  dockerfile('FROM x\nRUN FAIL');
  await assert.rejects(
    builder.ensure(request, () => {}, never, 'a'),
    /'own' could not be built: .*exit status 1/s,
  );
  assert.deepEqual(readdirSync(join(root, 'images')), []);
  dockerfile('FROM x');
  const lines: string[] = [];
  await Promise.all(['a', 'b', 'c'].map((user) => builder.ensure(request, (line) => lines.push(line), never, user)));
  await builder.ensure(request, () => {}, never, 'd');
  const builds = () => calls().filter((call) => call.startsWith('build')).length;
  assert.equal(builds(), 2);
  assert.ok(lines.includes('STEP 1'));
  writeFileSync(join(root, 'context/data.txt'), 'new');
  await builder.ensure(request, () => {}, never, 'd');
  assert.equal(builds(), 3);
});

test('an image whose registry is away runs on the machine with a warning, and is not asked for again at once; one that is not there fails', async (t) => {
  const { builder, calls, clock } = bench(t);
  const pulls = () => calls().filter((call) => call.startsWith('pull')).length;
  for (let time = 0; time < 2; time++) {
    const built = await builder.ensure(image('away/image'), () => {}, never, 'a');
    assert.match(
      built.warnings[0] as string,
      /'away\/image' and no packages, and its image could not be fetched: .*own Python 3\./,
    );
  }
  assert.equal(pulls(), 1);
  clock.advance(11 * 60_000);
  await builder.ensure(image('away/image'), () => {}, never, 'a');
  assert.equal(pulls(), 2);
  await assert.rejects(
    builder.ensure(image('none/image'), () => {}, never, 'a'),
    /manifest unknown.*Check its name/s,
  );
});

test('a client whose service does not run, and containers switched off, are no containers, and why is said', async (t) => {
  const broken = bench(t, '1');
  const why = await broken.containers.engine();
  assert.match('reason' in why ? why.reason : '', /bin\/podman does not work here \(Error: no runtime\)/);
  const built = await broken.builder.ensure(image('here/image'), () => {}, never, 'a');
  assert.match(built.warnings[0] as string, /podman does not work here \(Error: no runtime\): the job runs on this/);
  const { env, clock, root } = bench(t);
  const off = createContainers({ folder: root, env: { ...env, MILLRACE_CONTAINERS: 'off' }, clock, limit: 1e9 });
  assert.deepEqual(await off.engine(), { reason: 'containers are switched off (MILLRACE_CONTAINERS=off)' });
});

test('a service that has gone is asked for again before the next job, which runs on the machine until it is back', async (t) => {
  const { builder, calls } = bench(t);
  const asked = () => calls().filter((call) => call.startsWith('info')).length;
  for (const times of [1, 2]) {
    const built = await builder.ensure(image('gone/image'), () => {}, never, 'a');
    assert.match(built.warnings[0] as string, /its image could not be fetched: the job runs on this machine/);
    assert.equal(asked(), times);
  }
});

test('what is no name of an image is refused before any program is asked', async (t) => {
  const { builder, calls } = bench(t);
  for (const name of ['--help', 'two words', '-v/:/x'])
    await assert.rejects(
      builder.ensure(image(name), () => {}, never, 'a'),
      /is not the name of an image\. Write it as/,
    );
  assert.deepEqual(
    calls().filter((call) => !call.startsWith('info')),
    [],
  );
});

test('a context in git is fetched and built once for its commit, and anew when its branch has moved', async (t) => {
  const { builder, calls, root } = bench(t);
  const { host, work, commit } = await openRepository(t);
  const git = readGitContext(`http://${host}/repo.git#main:docker`) as GitContext;
  const request = { name: 'own', version: '1', build: { git, dockerfile: 'Dockerfile' } };
  const lines: string[] = [];
  await Promise.all(['a', 'b'].map((user) => builder.ensure(request, (line) => lines.push(line), never, user)));
  const fetches = () => lines.filter((line) => line.startsWith('fetching the build context')).length;
  const builds = () => calls().filter((call) => call.startsWith('build')).length;
  assert.deepEqual([fetches() > 0, builds()], [true, 1]);
  assert.deepEqual(readdirSync(join(root, 'environments/contexts')), ['commits']);
  lines.length = 0;
  await builder.ensure(request, (line) => lines.push(line), never, 'c');
  assert.deepEqual([lines, builds()], [[], 1]);
  writeFileSync(join(work, 'docker/Dockerfile'), 'FROM two\n');
  commit('two');
  await builder.ensure(request, (line) => lines.push(line), never, 'd');
  assert.deepEqual([fetches(), builds()], [1, 2]);
  const absent = { ...request, build: { ...request.build, dockerfile: 'Other' } };
  await assert.rejects(
    builder.ensure(absent, () => {}, never, 'e'),
    /'own' has no file 'Other'/,
  );
});

test('without an engine a context in git is read for what it installs; links that lead out of it are not', async (t) => {
  const { builder } = bench(t, '1');
  const { host, work, commit, root } = await openRepository(t);
  writeFileSync(join(root, 'private.txt'), 'private-package\n');
  symlinkSync(join(root, 'private.txt'), join(work, 'docker/requirements.txt'));
  writeFileSync(join(work, 'docker/Dockerfile'), 'FROM one\nENV A=b\nRUN pip install -r requirements.txt\n');
  commit('two');
  const git = readGitContext(`http://${host}/repo.git#main:docker`) as GitContext;
  const request = { name: 'own', version: '1', build: { git, dockerfile: 'Dockerfile' } };
  const built = await builder.ensure(request, () => {}, never, 'a');
  assert.equal(built.env['A'], 'b');
  assert.match(built.warnings[0] as string, /is a Dockerfile on one.*left out: pip install -r requirements\.txt/);
  symlinkSync('/etc/passwd', join(work, 'docker/Linked'));
  commit('three');
  const linked = { ...request, build: { git, dockerfile: 'Linked' } };
  await assert.rejects(
    builder.ensure(linked, () => {}, never, 'a'),
    /'own' has no file 'Linked'/,
  );
});

test('a build goes by the machine’s proxy, which is named and not written out', async (t) => {
  const { env, root, clock, calls, dockerfile } = bench(t);
  const proxied = { ...env, HTTPS_PROXY: 'http://me:secret@proxy:3128', no_proxy: 'localhost', HTTP_PROXY: '' };
  const containers = createContainers({ folder: join(root, 'environments'), env: proxied, clock, limit: 1e9 });
  dockerfile('FROM x');
  const answer = await containers.engine();
  assert.ok('engine' in answer);
  const work = { log: () => {}, signal: never };
  const context = { name: 'own', folder: join(root, 'context'), dockerfile: 'Dockerfile' };
  await containers.build(answer.engine.program, context, work);
  const build = calls().find((call) => call.startsWith('build')) as string;
  assert.match(build, /--build-arg HTTPS_PROXY --build-arg no_proxy --tag/);
  assert.doesNotMatch(build, /secret/);
});

test('a link and a program of a context are content too', async (t) => {
  const { builder, calls, root, dockerfile, request } = bench(t);
  const builds = () => calls().filter((call) => call.startsWith('build')).length;
  const ensure = () => builder.ensure(request, () => {}, never, 'a');
  dockerfile('FROM x');
  writeFileSync(join(root, 'context/start.sh'), '');
  await ensure();
  chmodSync(join(root, 'context/start.sh'), 0o755);
  await ensure();
  assert.equal(builds(), 2);
  symlinkSync('start.sh', join(root, 'context/link'));
  await ensure();
  assert.equal(builds(), 3);
  rmSync(join(root, 'context/link'));
  symlinkSync('Dockerfile', join(root, 'context/link'));
  await ensure();
  assert.equal(builds(), 4);
});

test('of built images the longest unused goes above the limit, never one that a run holds', async (t) => {
  const { builder, root, dockerfile, request, clock } = bench(t);
  const images = () => readdirSync(join(root, 'images')).length;
  const build = async (text: string, user: string) => {
    clock.advance(1000);
    dockerfile(text);
    await builder.ensure(request, () => {}, never, user);
  };
  const eventually = async (count: number) => {
    for (let look = 0; images() !== count; look++) {
      assert.ok(look < 500, `${images()} images, not ${count}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  await build('FROM a', 'one');
  await build('FROM b', 'two');
  await build('FROM c', 'three');
  assert.equal(images(), 3);
  await builder.release('one');
  await builder.release('two');
  await build('FROM c', 'three');
  await eventually(1);
  await build('FROM b', 'four');
  await eventually(2);
});
