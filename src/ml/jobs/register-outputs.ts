import type { Workspace } from '../types.ts';
import type { AssetVersions } from '../versions.ts';
import type { RunPlan } from './plan.ts';

const TRIES = 3;

/** Makes data or model versions of a completed run's named outputs; without a version, the next one. An existing version stays as it is. */
export async function registerOutputs(versions: AssetVersions, workspace: Workspace, plan: RunPlan): Promise<void> {
  for (const output of Object.values(plan.outputs)) {
    if (output.assetName === undefined) continue;
    const isModel = output.type.endsWith('_model');
    const kind = isModel ? 'models' : 'data';
    const properties = {
      ...(isModel
        ? { modelType: output.type, modelUri: output.uri, jobName: plan.runId }
        : { dataType: output.type, dataUri: output.uri }),
      isAnonymous: false,
      isArchived: false,
      tags: {},
      properties: {},
    };
    for (let attempt = 1; ; attempt += 1) {
      const version = output.assetVersion ?? (await versions.nextVersion(workspace.id, kind, output.assetName));
      if (output.assetVersion !== undefined && (await versions.find(workspace.id, kind, output.assetName, version)))
        break;
      try {
        await versions.add(workspace.id, kind, { name: output.assetName, version, properties });
        break;
      } catch (error) {
        // Another run took the same next number in the same moment.
        if (attempt >= TRIES || output.assetVersion !== undefined) throw error;
      }
    }
  }
}
