import { ARTIFACT_CONTAINER, artifactPrefix } from '../places.ts';
import type { Workspace } from '../types.ts';
import type { Call } from './call.ts';

/** What artifacts belong to. A model logged outside of any run has a place of its own. */
export type ArtifactOwner =
  | { readonly kind: 'experiment'; readonly experimentId: string }
  | { readonly kind: 'run'; readonly experimentId: string; readonly runId: string }
  | { readonly kind: 'model'; readonly experimentId: string; readonly runId: string; readonly modelId: string };

/** The address of artifacts as the caller's client understands it. */
export function artifactUri(call: Pick<Call, 'artifacts' | 'workspace'>, owner: ArtifactOwner): string {
  const model = owner.kind === 'model' ? loggedModelPlace(owner.runId, owner.modelId) : undefined;
  if (call.artifacts.kind === 'azureml') {
    const experiment = `${call.artifacts.base}/experiments/${owner.experimentId}`;
    if (owner.kind === 'experiment') return experiment;
    if (model) return `${experiment}/runs/${model.runId}/artifacts/${model.path}`;
    return `${experiment}/runs/${owner.runId}/artifacts`;
  }
  if (owner.kind === 'experiment') return `mlflow-artifacts:/experiments/${owner.experimentId}`;
  if (model) return `mlflow-artifacts:/runs/${model.runId}/artifacts/${model.path}`;
  return `mlflow-artifacts:/runs/${owner.runId}/artifacts`;
}

/**
 * Where the files of a logged model lie: beside the other artifacts of its run, so that they are part of what a download of the job brings; a model
 * that belongs to no run has a place like a run's.
 */
export function loggedModelPlace(runId: string, modelId: string): { runId: string; path: string } {
  return { runId: runId === '' ? modelId : runId, path: `models/${modelId}` };
}

/** Where a run's artifacts (or one of them) lie in the workspace's storage account. */
export function artifactBlob(
  workspace: Workspace,
  runId: string,
  path: string,
): { account: string; container: string; blob: string } {
  return {
    account: workspace.storageAccount,
    container: ARTIFACT_CONTAINER,
    blob: path === '' ? artifactPrefix(runId) : `${artifactPrefix(runId)}/${path}`,
  };
}
