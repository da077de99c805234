import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { distributedCommand } from './distributed-command.ts';
import { processVariables } from './job-variables.ts';
import type { Distribution } from './plan.ts';

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Runs every process of a launch with stand-ins for the launchers' own programs. @returns exit codes and outputs by process */
async function run(command: string, distribution: Distribution, nodes: number, programs: Record<string, string> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'millrace-distributed-'));
  folders.push(root);
  mkdirSync(join(root, 'bin'));
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(root, 'bin', name), `#!/bin/bash\n${text}\n`);
    chmodSync(join(root, 'bin', name), 0o755);
  }
  const begun = distributedCommand(command, distribution, nodes, 6105, 'abcdef01-2345');
  const ended = await Promise.all(
    processVariables(nodes, distribution, 6105).map(
      (own) =>
        new Promise<{ code: number | null; out: string }>((resolve) => {
          const env = {
            PATH: `${root}/bin:/usr/bin:/bin`,
            ROOT: root,
            AZ_BATCHAI_JOB_TEMP: root,
            ...own,
            ...begun.env,
          };
          const child = spawn('bash', ['-c', begun.text], { env, stdio: ['ignore', 'pipe', 'pipe'] });
          let out = '';
          for (const stream of [child.stdout, child.stderr])
            stream.on('data', (chunk) => {
              out += chunk;
            });
          child.on('close', (code) => resolve({ code, out: out.trim() }));
        }),
    ),
  );
  return { codes: ended.map((one) => one.code), outs: ended.map((one) => one.out), root };
}

describe('MPI launches', () => {
  const mpi: Distribution = { kind: 'mpi', processesPerNode: 2 };
  const shown =
    'echo $OMPI_COMM_WORLD_RANK/$OMPI_COMM_WORLD_SIZE local $OMPI_COMM_WORLD_LOCAL_RANK node $AZUREML_CR_NODE_RANK';
  const mpirun = `
if [ "$1" = --version ]; then echo "mpirun (Open MPI) 5.0.8"; exit; fi
[ -z "$OMPI_COMM_WORLD_RANK" ] || { echo "variables of a launch that is not mine"; exit 9; }
while [ "$1" != -np ]; do shift; done
size=$2; shift 4
for ((rank = 0; rank < size; rank++)); do OMPI_COMM_WORLD_RANK=$rank OMPI_COMM_WORLD_SIZE=$size OMPI_COMM_WORLD_LOCAL_RANK=$rank "$@" || exit; done`;

  test('where there is Open MPI, its mpirun begins the processes, which see the job’s nodes', async () => {
    const { codes, outs } = await run(shown, mpi, 2, { mpirun });
    assert.deepEqual(codes, [0, 0, 0, 0]);
    assert.deepEqual(outs, [
      '0/4 local 0 node 0\n1/4 local 1 node 0\n2/4 local 0 node 1\n3/4 local 1 node 1',
      '',
      '',
      '',
    ]);
    assert.deepEqual((await run('exit 3', mpi, 1, { mpirun })).codes, [3, 0]);
  });

  test('without it, or with another one, each process has the variables and begins the command itself', async () => {
    const each = ['0/4 local 0 node 0', '1/4 local 1 node 0', '2/4 local 0 node 1', '3/4 local 1 node 1'];
    assert.deepEqual((await run(shown, mpi, 2)).outs, each);
    assert.deepEqual((await run(shown, mpi, 2, { mpirun: 'echo HYDRA build details' })).outs, each);
  });
});

describe('Ray launches', () => {
  const ray: Distribution = {
    kind: 'ray',
    dashboard: false,
    headArguments: '--num-cpus=1',
    workerArguments: '--num-gpus=0',
  };
  // Answers to what the launch asks of it: the head is ready when it has been begun, a node runs until it is ended.
  const program = `
case "$1" in
  health-check) [ -e "$ROOT/head" ];;
  start)
    trap 'echo left; exit 0' TERM
    echo "$@" >>"$ROOT/calls"
    case "$*" in *--head*) : >"$ROOT/head";; esac
    while :; do sleep 0.05; done;;
esac`;

  test('the first node has the head and runs the command, the others join and leave when it has ended', async () => {
    const command =
      'until [ "$(wc -l <"$ROOT/calls")" = 3 ]; do sleep 0.05; done; cat "$ROOT/calls"; echo at $RAY_ADDRESS; exit 4';
    const { codes, outs } = await run(command, ray, 3, { ray: program });
    assert.deepEqual(codes, [4, 0, 0]);
    const [head, ...others] = (outs[0] ?? '').split('\n');
    assert.match(head ?? '', /^start --head --block .*--port=6105 .*--include-dashboard=false .*--num-cpus=1$/);
    assert.match(others[0] ?? '', /^start --block --address=127\.0\.0\.1:6105 .*--num-gpus=0$/);
    assert.equal(others.at(-1), 'at 127.0.0.1:6105');
    assert.deepEqual(outs.slice(1), ['left', 'left']);
  });

  test('with an address of its own no head begins: all nodes join, the first runs the command when it has joined', async () => {
    const joins = `
case "$1" in
  health-check) [ "$3" = head.example:7000 ];;
  start)
    trap 'echo left; exit 0' TERM
    echo "$@" >>"$ROOT/calls"
    echo 'Ray runtime started.'
    while :; do sleep 0.05; done;;
esac`;
    const command =
      'until [ "$(wc -l <"$ROOT/calls")" = 3 ]; do sleep 0.05; done; cat "$ROOT/calls"; echo at $RAY_ADDRESS; exit 4';
    const { codes, outs } = await run(command, { ...ray, address: 'head.example:7000' }, 3, { ray: joins });
    assert.deepEqual(codes, [4, 0, 0]);
    const joined = 'start --block --address=head.example:7000 --disable-usage-stats --num-gpus=0';
    assert.deepEqual((outs[0] ?? '').split('\n'), [joined, joined, joined, 'at head.example:7000']);
  });

  test('a head of its own address that takes no node ends every node, and says why', async () => {
    const refuses = 'case "$1" in start) echo no such head; exit 5;; *) exit 1;; esac';
    const { codes, outs } = await run('echo ran', { ...ray, address: 'head.example:7000' }, 2, { ray: refuses });
    assert.deepEqual(codes, [1, 0]);
    assert.equal(outs[0], 'no such head');
  });

  test('a head that cannot begin ends every node, and says why', async () => {
    const { codes, outs, root } = await run('true', ray, 2, {
      ray: 'case "$1" in start) echo no memory; exit 5;; *) exit 1;; esac',
    });
    assert.deepEqual(codes, [1, 0]);
    assert.equal(outs[0], 'no memory');
    assert.ok(existsSync(join(root, 'ray-ended')));
  });

  test('without the package it says so', async () => {
    const { codes, outs } = await run('true', ray, 1);
    assert.deepEqual(codes, [127]);
    assert.match(outs[0] ?? '', /needs the package ray in its environment/);
  });
});
