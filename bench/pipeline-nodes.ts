import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/kernel/clock.ts';
import { silentLog } from '../src/kernel/log.ts';
import { mlMigrations } from '../src/ml/index.ts';
import { createJobEngine, type JobEngineDeps, jobTopic } from '../src/ml/jobs/engine.ts';
import { pipelineJob } from '../src/ml/jobtypes/pipeline/pipeline-job.ts';
import type { Workspace } from '../src/ml/types.ts';
import { createAssetVersions } from '../src/ml/versions.ts';
import { createEventBus, openStore } from '../src/store/index.ts';
import { median, type Row } from './measure.ts';

const NODES = 10_000;
const WIDTH = 100;
/** The goal: a tenth of a millisecond a node. */
const GOAL_MS = 0.1;

/**
 * A pipeline of 10,000 nodes in layers of 100, each of which reads two of the layer before: submitted to the engine on a database on disk,
 * planned, and advanced to its end with a driver whose every launch ends at once. Everything that the engine does for a node is in it: the plan
 * and each change of state are on disk; what an executed run costs besides (its folders, its process, tracking) is not.
 * @returns the time against the goal, and against ten times that of a tenth of the nodes
 */
export async function pipelineNodes(rounds: number): Promise<Row[]> {
  const whole: number[] = [];
  const tenth: number[] = [];
  for (let round = -1; round < rounds; round += 1) {
    const small = await runPipeline(NODES / 10);
    const large = await runPipeline(NODES);
    if (round < 0) continue;
    tenth.push(small);
    whole.push(large);
  }
  const what = `a pipeline of ${NODES.toLocaleString('en')} nodes, planned and advanced`;
  return [
    { what, against: `the goal: ${GOAL_MS} ms a node`, ours: median(whole), theirs: NODES * GOAL_MS, goal: 1, rounds },
    {
      what: `the same (linear)`,
      against: '10 × a tenth of the nodes',
      ours: median(whole),
      theirs: 10 * median(tenth),
      goal: 1.2,
      rounds,
    },
  ];
}

const workspace: Workspace = {
  id: 'w',
  subscriptionId: 's',
  resourceGroup: 'g',
  name: 'ws',
  location: 'eastus',
  storageAccount: 'a',
  createdAt: new Date().toISOString(),
};

function bodyOf(nodes: number): Record<string, unknown> {
  const jobs: Record<string, unknown> = {};
  for (let index = 0; index < nodes; index += 1) {
    const layer = Math.floor(index / WIDTH);
    const before = (offset: number) =>
      `\${{parent.jobs.n${(layer - 1) * WIDTH + ((index + offset) % WIDTH)}.outputs.data}}`;
    const inputs: Record<string, unknown> = { word: { job_input_type: 'literal', value: String(index) } };
    if (layer > 0)
      for (const offset of [0, 1]) inputs[`in${offset}`] = { job_input_type: 'literal', value: before(offset) };
    jobs[`n${index}`] = { type: 'command', componentId: 'azureml:step:1', inputs };
  }
  return { jobType: 'Pipeline', jobs, settings: { default_compute: 'c' } };
}

const component = {
  name: 'step',
  version: '1',
  type: 'command',
  command: 'step $[[${{inputs.in0}} ${{inputs.in1}}]] ${{inputs.word}} ${{outputs.data}}',
  environment: 'azureml://registries/azureml/environments/sklearn-1.5/labels/latest',
  inputs: {
    word: { type: 'string' },
    in0: { type: 'uri_folder', optional: true },
    in1: { type: 'uri_folder', optional: true },
  },
  outputs: { data: { type: 'uri_folder' } },
};

/** @returns milliseconds from the submission to the end */
async function runPipeline(nodes: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-nodes-'));
  const store = await openStore(join(folder, 'db.sqlite'), mlMigrations);
  const versions = createAssetVersions({ store, clock: systemClock });
  await versions.put('w', 'components', { name: 'step', version: '1', properties: { componentSpec: component } });
  const events = createEventBus();
  const deps = {
    store,
    clock: systemClock,
    log: silentLog,
    events,
    workspaces: { find: async () => workspace, byId: async () => workspace, first: async () => workspace },
    webhooks: { set: async () => {}, fire: async () => {}, shown: async () => ({}), stop() {} },
    jobTypes: [pipelineJob],
    tracking: { ensureRuns: async () => ({ experimentId: 'e' }), setStatuses: async () => {} },
    plan: {
      versions,
      data: { resolve: async (_workspace: Workspace, uri: string) => ({ uri }) },
      defaultDatastore: async () => 'workspaceblobstore',
    },
    register: async () => {},
    wasLaunched: async () => false,
    async execute(run: { phase(status: 'Running'): void }) {
      run.phase('Running');
      return { status: 'Completed' };
    },
  } as unknown as JobEngineDeps;
  const engine = createJobEngine(deps);
  const ended = events.wait(jobTopic('w', 'big'), 600_000);
  const body = bodyOf(nodes);
  const began = performance.now();
  await engine.submit({
    workspace,
    name: 'big',
    properties: body,
    apiVersion: '2024-04-01',
    createdBy: 'bench',
    compute: async (name) => name,
  });
  if (process.env['BENCH_PHASES']) console.error(`  submitted ${nodes}: ${(performance.now() - began).toFixed(0)} ms`);
  await ended;
  const taken = performance.now() - began;
  const status = (await engine.run(workspace, 'big'))?.state.status;
  if (status !== 'Completed') throw new Error(`the pipeline ended ${status}`);
  await engine.stop();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
  return taken;
}
