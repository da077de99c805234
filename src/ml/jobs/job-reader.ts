import { stat } from 'node:fs/promises';
import { outputAssetId } from '../places.ts';
import type { BlobAccess, JobReader, RunValue, RunView, Workspace } from '../types.ts';
import type { AssetVersions } from '../versions.ts';
import type { DataReferences } from './data-reference.ts';
import type { JobEngine } from './engine.ts';
import type { StoredRun } from './job-rows.ts';
import { processVariables } from './job-variables.ts';
import type { CommandWork } from './plan.ts';
import { registeredId } from './register-outputs.ts';
import { logName, runArtifact } from './run-logs.ts';
import { inputsOf, shownOutputs, shownProperties } from './run-values.ts';

/** The log of a led run, under the names that clients stream (client source): a sweep's, and any other's. */
export const LED_LOGS = ['azureml-logs/hyperdrive.txt', logName(0, 1)] as const;

function commandLogs(work: CommandWork): string[] {
  const count = processVariables(work.nodes, work.distribution, 0).length;
  return ['azureml-logs/20_image_build_log.txt', ...Array.from({ length: count }, (_, index) => logName(index, count))];
}

type Asset = Extract<RunValue, { kind: 'asset' }>;

/** What the data plane reads of jobs. */
export function createJobReader(deps: {
  engine: JobEngine;
  blobs: BlobAccess;
  data: DataReferences;
  versions: AssetVersions;
  /** The experiment of a run, once tracking has it. */
  experimentId: (workspace: Workspace, runId: string) => Promise<string>;
}): JobReader {
  /** The data of a run's output with its id: that of the version which was made of it, where one was. */
  const identified = async (workspace: Workspace, runId: string, name: string, value: Asset): Promise<Asset> => {
    const registered = await registeredId(deps.versions, workspace, runId, name);
    return { ...value, assetId: registered ?? outputAssetId(workspace, runId, name) };
  };
  const view = async (workspace: Workspace, job: string, run: StoredRun): Promise<RunView> => {
    const { plan, state } = run;
    const { work } = plan;
    const outputs: Record<string, RunValue> = {};
    for (const [name, output] of Object.entries(shownOutputs(run)))
      outputs[name] = output.kind === 'literal' ? output : await identified(workspace, plan.runId, name, output);
    const inputs: Record<string, RunValue> = {};
    for (const [name, { value, from }] of Object.entries(inputsOf(run))) {
      const [source] = from ?? [];
      const isOutput = from?.length === 1 && typeof source === 'object' && 'output' in source;
      inputs[name] =
        value.kind === 'asset' && isOutput ? await identified(workspace, source.runId, source.output, value) : value;
    }
    return {
      workspace,
      runId: plan.runId,
      kind: work.kind === 'led' ? work.jobType : work.kind === 'command' ? 'command' : 'pipeline',
      ...(plan.parent === undefined ? {} : { parentRunId: plan.parent }),
      rootRunId: job,
      ...(plan.nodeKey === undefined ? {} : { nodeKey: plan.nodeKey }),
      name: plan.name,
      displayName: plan.displayName,
      ...(plan.description === undefined ? {} : { description: plan.description }),
      experimentName: plan.experimentName,
      experimentId: await deps.experimentId(workspace, plan.runId),
      status: state.status,
      tags: plan.tags,
      properties: shownProperties(run),
      createdAt: plan.createdAt,
      ...(state.startedAt === undefined ? {} : { startedAt: state.startedAt }),
      ...(state.endedAt === undefined ? {} : { endedAt: state.endedAt }),
      ...('compute' in work && work.compute !== undefined && !state.reused ? { computeName: work.compute } : {}),
      ...(state.error === undefined ? {} : { error: state.error }),
      warnings: state.warnings ?? [],
      inputs,
      outputs,
    };
  };
  return {
    async run(workspace, runId) {
      const run = await deps.engine.run(workspace, runId);
      return run && view(workspace, run.job, run);
    },
    async children(workspace, runId) {
      const parent = await deps.engine.run(workspace, runId);
      if (!parent) return [];
      const runs = await deps.engine.children(workspace, runId);
      return Promise.all(runs.map((run) => view(workspace, parent.job, run)));
    },
    async logFiles(workspace, runId) {
      const run = await deps.engine.run(workspace, runId);
      const work = run?.plan.work;
      if (work?.kind !== 'command' && work?.kind !== 'led') return [];
      const names = work.kind === 'led' ? LED_LOGS : commandLogs(work);
      const files = names.map((path) => ({ path, file: runArtifact(deps.blobs, workspace, runId, path) }));
      const there = await Promise.all(
        files.map(({ file }) =>
          stat(file).then(
            () => true,
            () => false,
          ),
        ),
      );
      return files.filter((_, index) => there[index]);
    },
    async resolveAsset(workspace, assetId) {
      const found = await deps.data.resolve(workspace, assetId).catch((error: { code?: string }) => {
        if (error.code === 'not-found' || error.code === 'invalid') return undefined;
        throw error;
      });
      return found && { uri: found.uri, type: found.type ?? 'uri_folder' };
    },
  };
}
