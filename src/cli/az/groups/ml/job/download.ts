import { resolve } from 'node:path';
import type { Command } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { downloadUri } from '../upload/download.ts';
import { openWorkspace, type Workspace, workspaceArguments } from '../workspace/scope.ts';
import { getJob, jobNameArgument } from './job-api.ts';
import type { JobResource } from './job-entity.ts';
import { dataPlane } from './run-history.ts';

const ENDED = new Set(['Completed', 'Failed', 'Canceled', 'NotResponding', 'Paused']);

export const command: Command = {
  name: 'ml job download',
  summary: 'Download all job-related files.',
  arguments: [
    ...workspaceArguments,
    jobNameArgument,
    {
      name: 'download_path',
      options: ['--download-path', '-p'],
      kind: 'value',
      help: 'Path to download the job files to. Default: the current folder.',
    },
    {
      name: 'output_name',
      options: ['--output-name'],
      kind: 'value',
      help: 'The name of the user-defined output to download.',
    },
    { name: 'all', options: ['--all'], kind: 'flag', help: 'Download all outputs of the job.' },
  ],
  async run(context, args) {
    const workspace = await openWorkspace(context, args);
    const job = await originalOf(workspace, await getJob(workspace, args.need('name')));
    const status = String(job.properties['status']);
    if (!ENDED.has(status)) {
      throw commandError(
        `This job is in state ${status}. Download is allowed only in states ${[...ENDED].join(', ')}.`,
      );
    }
    const target = resolve(context.io.cwd, args.text('download_path') ?? '.');
    const outputs = await outputUris(workspace, job);
    const wanted = args.text('output_name');
    if (wanted !== undefined) {
      await downloadOutput(context.warn, workspace, wanted, outputs.get(wanted), job.name, target);
      return undefined;
    }
    const artifacts =
      outputs.get('default') ?? `azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid.${job.name}/`;
    context.warn(`Downloading artifact ${artifacts} to ${resolve(target, 'artifacts')}`);
    await downloadUri(workspace, artifacts, resolve(target, 'artifacts'));
    if (!args.flag('all')) return undefined;
    for (const [name, uri] of outputs)
      if (name !== 'default') await downloadOutput(context.warn, workspace, name, uri, job.name, target);
    return undefined;
  },
};

/** A reused job's files are those of the job that ran (documented properties). */
async function originalOf(workspace: Workspace, job: JobResource): Promise<JobResource> {
  const properties = job.properties['properties'] as Record<string, string> | undefined;
  const original = properties?.['azureml.isreused'] === 'true' ? properties['azureml.reusedrunid'] : undefined;
  return original ? getJob(workspace, original) : job;
}

async function downloadOutput(
  warn: (text: string) => void,
  workspace: Workspace,
  name: string,
  uri: string | undefined,
  job: string,
  target: string,
): Promise<void> {
  const folder = resolve(target, 'named-outputs', name);
  const candidates = uri
    ? [uri]
    : [`azureml/${job}/${name}/`, `dataset/${job}/${name}/`].map(
        (path) => `azureml://datastores/workspaceblobstore/paths/${path}`,
      );
  for (const candidate of candidates) {
    warn(`Downloading artifact ${candidate} to ${folder}`);
    if ((await downloadUri(workspace, candidate, folder)) > 0) return;
  }
  if (uri) return;
  throw commandError(
    `The job ${job} has no output named '${name}' with files in it. 'az ml job show' lists its outputs.`,
  );
}

/** Where the outputs of a job lie: what the run recorded, else what the job says where that is a whole address. */
async function outputUris(workspace: Workspace, job: JobResource): Promise<Map<string, string>> {
  const known = new Map<string, string>();
  const said = (job.properties['outputs'] ?? {}) as Record<string, { uri?: string | null }>;
  for (const [name, output] of Object.entries(said))
    if (output?.uri && !output.uri.includes('${{')) known.set(name, output.uri);
  const api = await dataPlane(workspace);
  const run = await workspace.arm.find<{
    runMetadata?: { outputs?: Record<string, { assetId: string; type?: string }> | null };
  }>({
    method: 'POST',
    path: `${api}/history/v1.0${workspace.id}/rundata`,
    body: { runId: job.name, selectRunMetadata: true, selectRunDefinition: true, selectJobSpecification: true },
    repeatable: true,
  });
  const assets = Object.entries(run?.runMetadata?.outputs ?? {});
  const models = assets.filter(([, asset]) => /model/i.test(asset.type ?? ''));
  const data = assets.filter(([, asset]) => !/model/i.test(asset.type ?? ''));
  for (const [group, path] of [
    [data, `${api}/data/v1.0${workspace.id}/dataversion/batchGetResolvedUris`],
    [models, `${api}/modelregistry/v1.0${workspace.id}/models/batchGetResolvedUris`],
  ] as const) {
    if (group.length === 0) continue;
    const values = group.map(([, asset]) => asset.assetId);
    const resolved = await workspace.arm.find<{ values?: Record<string, { uri?: string; path?: string }> }>({
      method: 'POST',
      path,
      body: { values },
      repeatable: true,
    });
    for (const [name, asset] of group) {
      const place = resolved?.values?.[asset.assetId];
      const uri = place?.uri ?? place?.path;
      if (uri) known.set(name, uri);
    }
  }
  return known;
}
