import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Row, timed, timedCommand } from './measure.ts';
import type { BenchServer } from './server.ts';

const LAYERS = 25;
const WIDTH = 20;

/**
 * An ML pipeline of 500 processes on the local driver, in layers of 20: each reads the file that one of the layer before wrote, and writes its own.
 * From the job's creation to its end, against 500 starts of the same command one after the other.
 */
export async function realNodes(server: BenchServer, program: string): Promise<Row> {
  const folder = join(server.home, 'real-nodes');
  mkdirSync(folder, { recursive: true });
  const environment = '{image: mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04}';
  const nodes: string[] = [];
  for (let layer = 0; layer < LAYERS; layer += 1)
    for (let index = 0; index < WIDTH; index += 1) {
      const read = layer === 0 ? 'echo 0' : 'cat ${{inputs.before}}/count.txt';
      const input = `{before: {type: uri_folder, path: "\${{parent.jobs.n${layer - 1}x${(index + 1) % WIDTH}.outputs.made}}"}}`;
      nodes.push(
        `  n${layer}x${index}:\n    type: command\n    command: 'echo $(( $(${read}) + 1 )) > \${{outputs.made}}/count.txt'\n    environment: ${environment}\n    outputs: {made: {type: uri_folder}}\n${layer === 0 ? '' : `    inputs: ${input}\n`}`,
      );
    }
  writeFileSync(
    join(folder, 'job.yml'),
    `type: pipeline\nsettings: {default_compute: "azureml:wide-cluster", force_rerun: true}\njobs:\n${nodes.join('')}`,
  );
  const az = (...args: string[]) => {
    const done = spawnSync(program, ['az', ...args], { env: server.env, encoding: 'utf8', cwd: folder });
    if (done.status !== 0) throw new Error(`az ${args.join(' ')}: ${done.stderr}`);
    return done.stdout.trim();
  };
  const there = ['-g', 'nodes-rg', '-w', 'nodes-ws'];
  az('login', '--identity');
  az('group', 'create', '-n', 'nodes-rg', '-l', 'eastus');
  az('ml', 'workspace', 'create', '-g', 'nodes-rg', '-n', 'nodes-ws');
  az('ml', 'compute', 'create', '-n', 'wide-cluster', '--type', 'amlcompute', '--max-instances', '20', ...there);
  const name = az('ml', 'job', 'create', '--file', 'job.yml', '--query', 'name', '-o', 'tsv', ...there);
  let status = '';
  while (!['Completed', 'Failed', 'Canceled'].includes(status)) {
    await pause(1000);
    status = az('ml', 'job', 'show', '--name', name, '--query', 'status', '-o', 'tsv', ...there);
  }
  if (status !== 'Completed') throw new Error(`the pipeline of real nodes ended ${status}`);
  const url = `https://eastus.api.azureml.ms/history/v1.0/subscriptions/{subscriptionId}/resourceGroups/nodes-rg/providers/Microsoft.MachineLearningServices/workspaces/nodes-ws/runs/${name}`;
  const run = JSON.parse(az('rest', '--method', 'get', '--resource', 'https://ml.azure.com', '--url', url));
  const bare = await timed(() => {
    for (let index = 0; index < LAYERS * WIDTH; index += 1)
      timedCommand('bash', ['-c', 'echo $(( $(echo 0) + 1 )) > count.txt'], { cwd: folder });
  });
  return {
    what: `a pipeline of ${LAYERS * WIDTH} processes on the local driver`,
    against: `${LAYERS * WIDTH} × the same command by \`bash -c\``,
    ours: Date.parse(run.endTimeUtc) - Date.parse(run.createdUtc),
    theirs: bare,
    rounds: 1,
  };
}
