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
  if (call.artifacts.kind === 'azureml') {
    const run = `${call.artifacts.base}/experiments/${owner.experimentId}`;
    if (owner.kind === 'experiment') return run;
    const path = owner.kind === 'model' ? `/${MODELS}/${owner.modelId}` : '';
    return `${run}/runs/${owner.runId === '' ? owner.kind === 'model' && owner.modelId : owner.runId}/artifacts${path}`;
  }
  switch (owner.kind) {
    case 'experiment':
      return `mlflow-artifacts:/experiments/${owner.experimentId}`;
    case 'run':
      return `mlflow-artifacts:/runs/${owner.runId}/artifacts`;
    case 'model':
      return `mlflow-artifacts:/runs/${owner.runId === '' ? owner.modelId : owner.runId}/artifacts/${MODELS}/${owner.modelId}`;
  }
}

/** Models logged by a run lie beside its other artifacts, so that they are part of what a download of the job brings. */
const MODELS = 'models';

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
