import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { interpreter } from './interpreter.ts';
import { median, type Row, timed, timedCommand } from './measure.ts';
import { openRawClient } from './raw-client.ts';
import type { BenchServer } from './server.ts';

/** Components of the pipeline. */
export const NODES = 40;

/** Looks at a job's run ten times a second. A command line that asks again and again would have one of two processors for itself. */
async function waitForEnd(server: BenchServer, name: string): Promise<void> {
  const client = await openRawClient(server.url, { authorization: `Bearer ${server.token}` });
  for (;;) {
    const { status, text } = await client.send('GET', `/mlflow/api/2.0/mlflow/runs/get?run_id=${name}`);
    if (status !== 200) throw new Error(`the run of ${name}: ${status} ${text}`);
    if (!['RUNNING', 'SCHEDULED'].includes(JSON.parse(text).run.info.status)) break;
    await sleep(100);
  }
  client.close();
}

/**
 * An ML pipeline of 40 sequential no-op Python components, from the job's creation to its end, against 40 starts of the same
 * interpreter by `sh -c`. Each component reads the output of the one before, so that they cannot overlap.
 */
export async function pythonComponents(server: BenchServer, program: string, rounds: number): Promise<Row> {
  const folder = join(server.home, 'python-components');
  mkdirSync(folder, { recursive: true });
  const node = (index: number) => `  n${index}:
    type: command
    command: python -c "pass"
    environment:
      image: mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04
    environment_variables:
      ROUND: "@ROUND@"
    outputs:
      made: {type: uri_folder}
${index === 0 ? '' : `    inputs:\n      made: {type: uri_folder, path: "\${{parent.jobs.n${index - 1}.outputs.made}}"}\n`}`;
  const yaml = `type: pipeline\nsettings: {default_compute: "azureml:cpu-cluster", force_rerun: true}\njobs:\n${Array.from({ length: NODES }, (_, index) => node(index)).join('')}`;
  const az = (...args: string[]) => {
    const done = spawnSync(program, ['az', ...args], { env: server.env, encoding: 'utf8', cwd: folder });
    if (done.status !== 0) throw new Error(`az ${args.join(' ')}: ${done.stderr}`);
    return done.stdout.trim();
  };
  const there = ['-g', 'bench-rg', '-w', 'bench-ws'];
  az('login', '--identity');
  az('group', 'create', '-n', 'bench-rg', '-l', 'eastus');
  az('ml', 'workspace', 'create', '-g', 'bench-rg', '-n', 'bench-ws');
  az(
    'ml',
    'compute',
    'create',
    '-n',
    'cpu-cluster',
    '--type',
    'amlcompute',
    '--min-instances',
    '1',
    '--max-instances',
    '1',
    ...there,
  );
  const python = interpreter();
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = -1; round < rounds; round++) {
    writeFileSync(join(folder, 'job.yml'), yaml.replaceAll('@ROUND@', String(round)));
    const name = az('ml', 'job', 'create', '--file', 'job.yml', '--query', 'name', '-o', 'tsv', ...there);
    await waitForEnd(server, name);
    const job = JSON.parse(az('ml', 'job', 'show', '--name', name, ...there));
    if (job.status !== 'Completed') throw new Error(`the bench job ended ${job.status}`);
    const run = JSON.parse(
      az('rest', '--method', 'get', '--resource', 'https://ml.azure.com', '--url', historyUrl(name)),
    );
    const bare = await timed(() => {
      for (let index = 0; index < NODES; index++) timedCommand('sh', ['-c', `${python} -c pass`]);
    });
    if (round < 0) continue;
    ours.push(Date.parse(run.endTimeUtc) - Date.parse(run.createdUtc));
    theirs.push(bare);
  }
  return {
    what: `${NODES} sequential no-op Python components`,
    against: `${NODES} × \`sh -c 'python -c pass'\``,
    ours: median(ours),
    theirs: median(theirs),
    goal: 1.8,
    rounds,
  };
}

const historyUrl = (name: string) =>
  `https://eastus.api.azureml.ms/history/v1.0/subscriptions/{subscriptionId}/resourceGroups/bench-rg/providers/Microsoft.MachineLearningServices/workspaces/bench-ws/runs/${name}`;
