import { assetId } from '../places.ts';
import type { AssetType, Workspace } from '../types.ts';
import type { AssetKind, AssetVersion, AssetVersions } from '../versions.ts';
import type { RunPlan } from './plan.ts';

const TRIES = 3;

const kindOf = ({ type }: { readonly type: AssetType }): AssetKind => (type.endsWith('_model') ? 'models' : 'data');

/** By which the version that was made of an output is found again. */
const originOf = (runId: string, output: string) => `output:${runId}/${output}`;

async function madeOf(
  versions: AssetVersions,
  workspace: Workspace,
  runId: string,
  name: string,
  output: { readonly type: AssetType },
): Promise<AssetVersion | undefined> {
  return (await versions.withContent(workspace.id, kindOf(output), originOf(runId, name)))[0];
}

/**
 * Makes data or model versions of a completed run's named outputs; without a version, the next one. An existing version stays as it is. Done twice
 * for one run, it makes no second version.
 */
export async function registerOutputs(versions: AssetVersions, workspace: Workspace, plan: RunPlan): Promise<void> {
  for (const [name, output] of Object.entries(plan.outputs)) {
    if (output.assetName === undefined || (await madeOf(versions, workspace, plan.runId, name, output))) continue;
    const kind = kindOf(output);
    const properties = {
      ...(kind === 'models'
        ? { modelType: output.type, modelUri: output.uri, jobName: plan.runId }
        : { dataType: output.type, dataUri: output.uri }),
      isAnonymous: false,
      isArchived: false,
      tags: {},
      properties: {},
    };
    const contentHash = originOf(plan.runId, name);
    for (let attempt = 1; ; attempt += 1) {
      const version = output.assetVersion ?? (await versions.nextVersion(workspace.id, kind, output.assetName));
      if (output.assetVersion !== undefined && (await versions.find(workspace.id, kind, output.assetName, version)))
        break;
      try {
        await versions.add(workspace.id, kind, { name: output.assetName, version, properties, contentHash });
        break;
      } catch (error) {
        // Another run took the same next number in the same moment.
        if (attempt >= TRIES || output.assetVersion !== undefined) throw error;
      }
    }
  }
}

/** The id of the version that was made of an output, once it was: by it run history tells which run made a version. */
export async function registeredId(
  versions: AssetVersions,
  workspace: Workspace,
  runId: string,
  name: string,
  output: { readonly type: AssetType },
): Promise<string | undefined> {
  const made = await madeOf(versions, workspace, runId, name, output);
  return made && assetId(workspace, kindOf(output), made.name, made.version);
}
