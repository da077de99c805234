import type { FastifyRequest } from 'fastify';
import type { Outbound, Principal } from '../../http/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { forbidden, notFound } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import type { Store, Vault } from '../../store/index.ts';
import type { MlTables } from '../tables.ts';
import type { BlobAccess, Workspace, WorkspaceReader, WorkspaceScope } from '../types.ts';
import type { TrackingTables } from './tables.ts';
import type { Fields } from './wire.ts';

export type WebhookDeps = {
  readonly vault: Pick<Vault, 'seal' | 'open'>;
  readonly outbound: Outbound;
  readonly log: Log;
};

/** A workspace as MLflow's own calls for workspaces show it. */
export type NamedWorkspace = Workspace & { readonly properties?: Readonly<Record<string, unknown>> };

/** The workspaces beside one, which MLflow's own calls list, make and delete. */
export type WorkspaceKeeper = {
  /** Those of a resource group, in the order of their making. */
  list(subscriptionId: string, resourceGroup: string): Promise<readonly NamedWorkspace[]>;
  /** Makes a workspace, or describes the one that is there. @throws invalid while a deleted one of the name can be recovered */
  put(scope: WorkspaceScope, description: string | undefined): Promise<NamedWorkspace>;
  /** Deletes it as `az ml workspace delete` does: its jobs are asked to end, and for a while it can be recovered. */
  remove(workspace: Workspace): Promise<void>;
};

export type TrackingDeps = {
  readonly store: Store<MlTables & TrackingTables>;
  readonly workspaces: WorkspaceReader;
  readonly blobs: Pick<BlobAccess, 'pathOf'>;
  /** The path on this machine's disk of a model's files. @throws not-found, not-implemented where they are elsewhere */
  readonly modelPath: (workspace: Workspace, uri: string) => Promise<string>;
  readonly clock: Clock;
  /** How webhooks of the model registry are called; without it there are none. */
  readonly webhooks?: WebhookDeps;
  /** Without it MLflow's own calls for workspaces see those that there are, and change none. */
  readonly keeper?: WorkspaceKeeper;
  /** Told when metrics of a run of the workspace were committed. */
  readonly logged?: (workspaceId: string, runId: string) => void;
};

/** One request to the tracking service, as its handlers see it. */
export type Call = {
  readonly deps: TrackingDeps;
  readonly workspace: Workspace;
  readonly principal: Principal;
  readonly fields: Fields;
  readonly parameters: Readonly<Record<string, string | undefined>>;
  readonly artifacts: ArtifactAddress;
  /** The tracking service's address as the caller asked for it, and the credential that it came with. */
  readonly asked: { readonly url: string; readonly authorization?: string | undefined };
};

/**
 * How artifact addresses are written: a stock mlflow client on a loopback address moves files through this server (`mlflow-artifacts:`), a client
 * of the public name has azureml-mlflow, which wants the `azureml:` form.
 */
export type ArtifactAddress = { readonly kind: 'proxied' } | { readonly kind: 'azureml'; readonly base: string };

/**
 * The workspace that a request is about: the one in its path, else a run's own, else the first.
 * @throws not-found when there is none; forbidden when the caller's token is for another workspace, or is not one for this service
 */
export async function workspaceOf(workspaces: WorkspaceReader, request: FastifyRequest): Promise<Workspace> {
  const { principal } = request;
  if (principal.kind !== 'owner' && principal.kind !== 'identity' && principal.kind !== 'ml-run')
    throw forbidden('This token is not for the machine learning service.');
  const scope = scopeOf(request.params);
  const workspace = scope
    ? await workspaces.find(scope)
    : await (principal.kind === 'ml-run' ? workspaces.byId(principal.workspaceId) : workspaces.first());
  if (!workspace)
    throw notFound(
      scope
        ? `The workspace '${scope.name}' in resource group '${scope.resourceGroup}' could not be found.`
        : 'There is no workspace yet. Create one first: az ml workspace create.',
      { wire: 'ResourceNotFound' },
    );
  if (principal.kind === 'ml-run' && principal.workspaceId !== workspace.id)
    throw forbidden(`This run's token is not for the workspace '${workspace.name}'.`);
  return workspace;
}

/**
 * The workspace that a client means by the header `X-MLFLOW-WORKSPACE` (`mlflow.set_workspace`, MLFLOW_WORKSPACE): one of the same resource group as
 * the address's own, which `default` names too.
 * @throws not-found when there is none of the name; forbidden for a run's token of another workspace
 */
export async function namedWorkspace(
  workspaces: Pick<WorkspaceReader, 'find'>,
  own: Workspace,
  name: string,
  principal: Principal,
): Promise<Workspace> {
  if (name === 'default' || name.toLowerCase() === own.name.toLowerCase()) return own;
  const { subscriptionId, resourceGroup } = own;
  if (principal.kind === 'ml-run')
    throw forbidden(`This run's token is not for the workspace '${name.slice(0, 100)}'.`);
  const found = await workspaces.find({ subscriptionId, resourceGroup, name });
  if (!found)
    throw notFound(
      `There is no workspace '${name.slice(0, 100)}' in the resource group '${resourceGroup}'. Create it: az ml workspace create, or mlflow.create_workspace.`,
    );
  return found;
}

/** The path segments of a workspace scope, to be put into routes. */
export const WORKSPACE_PATH =
  '/subscriptions/:subscriptionId/resourceGroups/:resourceGroup/providers/Microsoft.MachineLearningServices/workspaces/:workspaceName';

function scopeOf(params: unknown): WorkspaceScope | undefined {
  const { subscriptionId, resourceGroup, workspaceName } = params as Record<string, string | undefined>;
  return subscriptionId && resourceGroup && workspaceName
    ? { subscriptionId, resourceGroup, name: workspaceName }
    : undefined;
}
