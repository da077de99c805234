import type { Writer } from '../../store/index.ts';
import { assetId } from '../places.ts';
import type { MlTables } from '../tables.ts';
import type { Workspace } from '../types.ts';
import { type AssetKind, type AssetVersions, nextVersionOf, putVersion } from '../versions.ts';
import type { PlannedOutput, RunPlan, RunState } from './plan.ts';

const kindOf = ({ type }: Pick<PlannedOutput, 'type'>): AssetKind => (type.endsWith('_model') ? 'models' : 'data');

/** By which the version that was made of an output is found again. */
const originOf = (runId: string, output: string) => `output:${runId}/${output}`;

/** Whether assets are made of a run's outputs when it completes. A pipeline's are those of the nodes that write them. */
export function hasNamedOutputs(plan: RunPlan): boolean {
  return plan.work.kind !== 'pipeline' && Object.values(plan.outputs).some((output) => output.assetName !== undefined);
}

/**
 * Makes data or model versions of a completed run's named outputs; without a version, the next one. An existing version stays as it is.
 *
 * Of one output one version is made, however often this is done: it is looked for in the transaction that makes it, and remembers the run and the
 * output. So it is made before the end of the run is told, and once more in the write of that end: a server that is killed between the two leaves
 * neither a second version nor an end without one.
 * @param run where its outputs really lie stands in the state, else in the plan
 */
export async function registerOutputs(
  writer: Writer<MlTables>,
  workspaceId: string,
  { plan, state }: { readonly plan: RunPlan; readonly state: Pick<RunState, 'outputs'> },
  now: Date,
): Promise<void> {
  if (!hasNamedOutputs(plan)) return;
  for (const [name, output] of Object.entries(plan.outputs)) {
    if (output.assetName === undefined) continue;
    const origin = originOf(plan.runId, name);
    const made = await writer
      .selectFrom('ml_versions')
      .select('version')
      .where('workspace_id', '=', workspaceId)
      .where('origin', '=', origin)
      .executeTakeFirst();
    if (made) continue;
    const kind = kindOf(output);
    const version = output.assetVersion ?? (await nextVersionOf(writer, workspaceId, kind, output.assetName));
    const taken = await writer
      .selectFrom('ml_versions')
      .select('version')
      .where('workspace_id', '=', workspaceId)
      .where('kind', '=', kind)
      .where('name', '=', output.assetName)
      .where('version', '=', version)
      .executeTakeFirst();
    if (taken) continue;
    const value = state.outputs?.[name];
    const uri = value?.kind === 'asset' ? value.uri : output.uri;
    const properties = {
      ...(kind === 'models'
        ? { modelType: output.type, modelUri: uri, jobName: plan.runId }
        : { dataType: output.type, dataUri: uri }),
      isAnonymous: false,
      isArchived: false,
      tags: {},
      properties: {},
    };
    await putVersion(writer, workspaceId, kind, { name: output.assetName, version, properties, origin }, now);
  }
}

/** Forgets which runs made versions: another job may have the name of one that is removed. */
export async function forgetOutputs(
  writer: Writer<MlTables>,
  workspaceId: string,
  runs: readonly { readonly plan: RunPlan }[],
): Promise<void> {
  for (const { plan } of runs) {
    if (!hasNamedOutputs(plan)) continue;
    const origins = Object.keys(plan.outputs).map((name) => originOf(plan.runId, name));
    await writer
      .updateTable('ml_versions')
      .set({ origin: null })
      .where('workspace_id', '=', workspaceId)
      .where('origin', 'in', origins)
      .execute();
  }
}

/** The id of the version that was made of an output, once it was: by it run history tells which run made a version. */
export async function registeredId(
  versions: AssetVersions,
  workspace: Workspace,
  runId: string,
  name: string,
): Promise<string | undefined> {
  const made = await versions.ofOrigin(workspace.id, originOf(runId, name));
  return made && assetId(workspace, made.kind, made.asset.name, made.asset.version);
}
