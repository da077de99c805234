import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDockerArguments } from './docker-arguments.ts';

const words = (given: string | string[], policy: 'inside' | 'any' = 'inside') =>
  readDockerArguments(given, policy).flatMap((option) => option.words);

test('what limits and shapes a container is handed on as it was written', () => {
  const given = `--memory=4g -m 2g --cpus 1.5 --init --ulimit memlock=-1 --tmpfs /scratch:size=1g --gpus '"device=0,1"' -e "A=b c" --network none`;
  assert.deepEqual(words(given), [
    ...['--memory=4g', '-m', '2g', '--cpus', '1.5', '--init', '--ulimit', 'memlock=-1'],
    ...['--tmpfs', '/scratch:size=1g', '--gpus', '"device=0,1"', '-e', 'A=b c', '--network', 'none'],
  ]);
  assert.deepEqual(words(['--env=A=b c', '-m2g']), ['--env=A=b c', '-m2g']);
  assert.deepEqual(
    readDockerArguments('--net=host -w /there', 'inside').map(({ name }) => name),
    ['network', 'workdir'],
  );
  assert.deepEqual(words('  '), []);
});

test('what reaches out of the container is refused, and the owner’s way to allow it is named', () => {
  for (const given of [
    '--privileged',
    '--privileged=true',
    '-v /:/host',
    '-v/:/host',
    '--volume=/etc:/etc',
    '--volumes-from other',
    '--mount type=bind,source=/,target=/host',
    '--mount type=tmpfs,type=bind,source=/,target=/host',
    '--pid=host',
    '--ipc host',
    '--uts=host',
    '--userns=host',
    '--cgroupns=host',
    '--cgroup-parent=/x',
    '--network container:other',
    '--device /dev/mem',
    '--cap-add=SYS_ADMIN',
    '--security-opt seccomp=unconfined',
    '-u 0',
    '--user=0',
    '--env HOME_TOKEN',
    '--env-file /etc/environment',
    '--label-file /etc/shadow',
    '--runtime=runsc',
    '-P',
    '-it',
    '--some-new-option',
  ])
    assert.throws(() => words(given), /refused here.* MILLRACE_DOCKER_ARGS=any/, given);
  assert.throws(() => words('--ipc=host'), /resources\.shm_size/);
});

test('what cannot be followed is an error with the place: words that are no options, missing values, open quotes, what Millrace sets', () => {
  assert.throws(() => words('ubuntu --init'), /'ubuntu' is no option of docker run/);
  assert.throws(() => words('--init ubuntu'), /'ubuntu' is no option of docker run/);
  assert.throws(
    () => words(['--memory 4g']),
    /'--memory 4g' is no option of docker run\. Write options as '--name=value'/,
  );
  assert.throws(() => words('--init -- ubuntu'), /'--' is no option/);
  assert.throws(() => words('--memory'), /'--memory' lacks its value/);
  assert.throws(() => words('--env "A=b'), /a quote \("\) is not closed/);
  for (const given of ['--name x', '-d', '--detach', '--entrypoint=sh', '--rm', '--cidfile x'])
    assert.throws(() => words(given, 'any'), /is set by Millrace/, given);
  for (const given of ['--label millrace.run=other', '--label=millrace.run=other', '-l millrace.run=other'])
    assert.throws(() => words(given, 'any'), /labels that begin with 'millrace\.'/, given);
});

test('an owner who allows any gets the arguments as they are', () => {
  const given = '--cap-add=SYS_ADMIN --device /dev/fuse --security-opt apparmor:unconfined -v "/a b:/c" --privileged';
  assert.deepEqual(words(given, 'any'), [
    ...['--cap-add=SYS_ADMIN', '--device', '/dev/fuse', '--security-opt', 'apparmor:unconfined'],
    ...['-v', '/a b:/c', '--privileged'],
  ]);
  assert.deepEqual(
    readDockerArguments('-u 0 --device /dev/fuse', 'any').map(({ name }) => name),
    ['user', 'device'],
  );
});
