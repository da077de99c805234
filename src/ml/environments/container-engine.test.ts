import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { enginePrograms, gpuSupport, readEngine } from './container-engine.ts';

const NONE = { hasCards: false, hasToolkit: false, hasDeviceSpecification: false };
const ALL = { hasCards: true, hasToolkit: true, hasDeviceSpecification: true };
const USER = { uid: 1000, gid: 1001 };
const ROOT = { uid: 0, gid: 0 };
const PODMAN = JSON.stringify({ host: { os: 'linux', security: { rootless: true } } });
const docker = (...options: string[]) => JSON.stringify({ ServerVersion: '28.2.2', SecurityOptions: options });

test('podman is told by its answer, whatever its name; a docker client alone is no engine', () => {
  assert.equal(readEngine('/usr/bin/docker', PODMAN, ROOT, NONE)?.kind, 'podman');
  assert.equal(readEngine('/usr/bin/docker', docker(), ROOT, NONE)?.kind, 'docker');
  // Seen: 20.10 without its daemon ends with exit code 0 and says this; newer ones print empty fields.
  for (const text of [
    '{"ServerErrors":["Cannot connect"],"ClientInfo":{}}',
    '{"ServerVersion":""}',
    '{"host":null}',
    '',
  ])
    assert.equal(readEngine('/usr/bin/docker', text, ROOT, NONE), undefined);
});

test('what a job writes is the server’s user’s, with every kind of engine and whatever user an image names', () => {
  const owner = (text: string, user: typeof USER) => readEngine('/x', text, user, NONE)?.owner.join(' ');
  assert.equal(owner(PODMAN, ROOT), '--user 0:0');
  assert.equal(owner(PODMAN, USER), '--userns keep-id --user 1000:1001');
  assert.equal(owner(docker('name=seccomp,profile=default'), USER), '--user 1000:1001');
  assert.equal(owner(docker('name=seccomp,profile=default', 'name=rootless'), USER), '--user 0:0');
  assert.equal(owner(docker('name=userns'), USER), '--userns host --user 1000:1001');
});

test('GPUs are handed on as each engine wants it, and where it cannot the job is told', () => {
  const gpus = (text: string, has: typeof ALL) => readEngine('/x', text, USER, has);
  assert.deepEqual(gpus(docker(), ALL)?.gpus, ['--gpus', 'all']);
  assert.deepEqual(gpus(PODMAN, ALL)?.gpus, ['--device', 'nvidia.com/gpu=all']);
  assert.deepEqual(gpus(docker(), { ...ALL, hasCards: false })?.gpus, []);
  assert.equal(gpus(docker(), { ...ALL, hasCards: false })?.warning, undefined);
  const without = gpus(PODMAN, { ...ALL, hasDeviceSpecification: false });
  assert.deepEqual(without?.gpus, []);
  assert.match(without?.warning as string, /has GPUs, but podman can't .*nvidia-ctk cdi generate/);
  assert.match(gpus(docker(), { ...ALL, hasToolkit: false })?.warning as string, /docker can't .*NVIDIA Container/);
});

test('cards, the toolkit and the device specification are looked for where they are', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'engine-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const folder of ['bin', 'cdi']) mkdirSync(join(root, folder));
  const env = { PATH: `relative:${root}/bin` };
  const cdi = [join(root, 'cdi'), join(root, 'nowhere')];
  assert.deepEqual(gpuSupport(env, undefined, cdi), NONE);
  assert.equal(gpuSupport(env, 'No devices were found', cdi).hasCards, false);
  writeFileSync(join(root, 'bin/nvidia-container-toolkit'), '');
  writeFileSync(join(root, 'cdi/nvidia.yaml'), 'cdiVersion: 0.5.0\nkind: nvidia.com/gpu\n');
  assert.deepEqual(gpuSupport(env, 'GPU 0: NVIDIA A100 (UUID: GPU-1)\n', cdi), ALL);
});

test('MILLRACE_CONTAINERS picks the program: off, a name, a path, or podman before docker', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'engine-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const name of ['podman', 'docker']) {
    writeFileSync(join(root, name), '');
    chmodSync(join(root, name), 0o755);
  }
  const asked = (wanted: string | undefined) => enginePrograms({ PATH: root, MILLRACE_CONTAINERS: wanted });
  const programs = (wanted: string | undefined) => asked(wanted).programs;
  assert.deepEqual(programs(undefined), [join(root, 'podman'), join(root, 'docker')]);
  assert.deepEqual(programs(' auto '), programs(undefined));
  assert.deepEqual(programs(''), programs(undefined));
  assert.deepEqual(programs('docker'), [join(root, 'docker')]);
  assert.deepEqual(programs(join(root, 'podman')), [join(root, 'podman')]);
  assert.match(asked('/nowhere/podman').reason, /MILLRACE_CONTAINERS names \/nowhere\/podman, which is not there/);
  assert.deepEqual(programs('/nowhere/podman'), []);
  assert.match(asked('nerdctl').reason, /names 'nerdctl', which is not on PATH/);
  assert.deepEqual(programs('nerdctl'), []);
  assert.match(asked('off').reason, /switched off/);
  assert.deepEqual(programs('off'), []);
});
