import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ContainerEngine } from './container-engine.ts';
import { containerProcess } from './container-process.ts';
import { readDockerArguments } from './docker-arguments.ts';

const ENGINE: ContainerEngine = {
  program: '/usr/bin/docker',
  kind: 'docker',
  owner: ['--user', '7:8'],
  gpus: ['--gpus', 'all'],
};

function started(
  env: Record<string, string>,
  more: { asked?: string[]; args?: string; engine?: Partial<ContainerEngine>; folders?: string[] } = {},
) {
  const asked = Object.fromEntries((more.asked ?? []).map((name) => [name, env[name] as string]));
  const place = {
    user: 'launch',
    index: 0,
    folders: more.folders ?? [],
    mounts: [],
    home: '/run/tmp',
    shmSize: '2g',
    variables: asked,
  };
  const process = { command: ['bash', '-c', 'true'], cwd: '/run/wd', env, logFile: '/run/log' };
  const options = readDockerArguments(more.args ?? '', 'any');
  const made = containerProcess({ ...ENGINE, ...more.engine }, 'image', process, place, { PATH: '/host' }, options);
  const text = made.command.slice(0, made.command.indexOf('--entrypoint')).join(' ');
  return { text, env: made.env };
}

function fileOf(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'process-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  writeFileSync(join(root, 'file'), '');
  return join(root, 'file');
}

test('variables of the machine stay outside, those that the job itself sets go in', () => {
  const env = { PATH: '/opt/bin:/bin', PYTHONPATH: './src', HOME: '/home/me', WORD: 'two\nlines' };
  const outer = started(env);
  assert.match(outer.text, / --env HOME=\/run\/tmp --env WORD$/);
  assert.ok(!outer.text.includes('PYTHONPATH') && !outer.text.includes('/opt/bin'));
  assert.deepEqual(outer.env, { PATH: '/host', WORD: 'two\nlines' });
  const inner = started(env, { asked: ['PATH', 'PYTHONPATH', 'HOME'] });
  assert.match(inner.text, / --env WORD --env PATH=\/opt\/bin:\/bin --env PYTHONPATH=\.\/src --env HOME=\/home\/me$/);
  assert.deepEqual(inner.env, { PATH: '/host', WORD: 'two\nlines' });
});

test('a variable that the engine’s program goes by does not change what it does', () => {
  const env = { DOCKER_HOST: 'tcp://elsewhere', LD_PRELOAD: '/in/image.so', XDG_RUNTIME_DIR: '/x', SECRET: 's' };
  const { text, env: own } = started(env, { asked: Object.keys(env) });
  assert.match(text, /--env SECRET --env DOCKER_HOST=tcp:\/\/elsewhere --env LD_PRELOAD=\/in\/image\.so --env XDG_RUN/);
  assert.deepEqual(own, { PATH: '/host', SECRET: 's' });
});

test('a certificate that the server names is mounted, a path that the job names is one of its image', (t) => {
  const file = fileOf(t);
  assert.match(started({ SSL_CERT_FILE: file }).text, new RegExp(`--mount type=bind,source=${file},destination=`));
  assert.ok(!started({ TOOL: file }, { asked: ['TOOL'] }).text.includes('--mount'));
  assert.ok(!started({ IN_RUN: file }, { folders: [join(file, '..')] }).text.includes(`source=${file}`));
});

test('docker_args come last, and take the place of what is set for every job', () => {
  const plain = started({});
  assert.match(plain.text, /--network host --shm-size 2g --gpus all --user 7:8 --workdir \/run\/wd/);
  const own = started({}, { args: '--network none --ipc=host --gpus device=1 -u 0 -w /there --memory 1g' });
  for (const name of ['--network host', '--shm-size', '--gpus all', '--user', '--workdir /run'])
    assert.ok(!own.text.includes(name), name);
  assert.match(started({}, { args: '--device /dev/fuse' }).text, /--gpus all .*--device \/dev\/fuse$/);
  assert.match(own.text, /--network none --ipc=host --gpus device=1 -u 0 -w \/there --memory 1g$/);
});

test('podman gets GPUs as devices, also where docker_args ask for some', () => {
  const podman = { kind: 'podman', gpus: ['--device', 'nvidia.com/gpu=all'] } as const;
  assert.match(started({}, { engine: podman }).text, / --device nvidia\.com\/gpu=all /);
  const asked = (args: string) => /(?: --device \S+)+$/.exec(started({}, { engine: podman, args }).text)?.[0];
  assert.equal(asked('--gpus all'), ' --device nvidia.com/gpu=all');
  assert.equal(asked('--gpus=2'), ' --device nvidia.com/gpu=0 --device nvidia.com/gpu=1');
  assert.equal(asked(`--gpus '"device=1,3"'`), ' --device nvidia.com/gpu=1 --device nvidia.com/gpu=3');
});
