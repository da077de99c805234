import type { FastifyRequest } from 'fastify';
import { CALLER_HEADER } from '../../contracts/caller.ts';
import type { Principal } from '../../http/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { forbidden, invalid, notFound } from '../../kernel/errors.ts';
import type { EventBus, Store, Vault } from '../../store/index.ts';
import type { AssociatedResources } from '../associated-resources.ts';
import type { Clusters } from '../compute/cluster.ts';
import type { Computes } from '../compute/computes.ts';
import type { AssetContainers } from '../containers.ts';
import type { Datastores } from '../datastores.ts';
import type { DataReferences } from '../jobs/data-reference.ts';
import type { JobEngine } from '../jobs/engine.ts';
import type { Webhooks } from '../jobs/webhooks.ts';
import type { PendingUploads } from '../pending-uploads.ts';
import { REGION } from '../places.ts';
import type { Registries } from '../registries.ts';
import type { ScheduleRows } from '../schedules/schedule-rows.ts';
import type { Scheduler } from '../schedules/scheduler.ts';
import type { StoredResources } from '../stored-resources.ts';
import type { MlTables } from '../tables.ts';
import type { RunRecords } from '../tracking/index.ts';
import type { BlobAccess, WorkspaceScope } from '../types.ts';
import type { AssetVersions } from '../versions.ts';
import type { WorkspaceRecord, Workspaces } from '../workspaces.ts';

/** Whether what a request names and isn't there is made, and who is told. */
export type Provision = {
  /** A request that only reads makes nothing, unless a pipeline's run sent it. */
  readonly may: (request: FastifyRequest) => boolean;
  readonly said: (line: string, request: FastifyRequest) => Promise<void>;
};

export type ArmContext = {
  readonly store: Store<MlTables>;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly events: EventBus;
  readonly blobs: BlobAccess;
  readonly workspaces: Workspaces;
  readonly resources: StoredResources;
  readonly associated: AssociatedResources;
  readonly registries: Registries;
  readonly versions: AssetVersions;
  readonly containers: AssetContainers;
  readonly uploads: PendingUploads;
  readonly datastores: Datastores;
  readonly computes: Computes;
  readonly clusters: Clusters;
  readonly data: DataReferences;
  readonly engine: JobEngine;
  readonly webhooks: Webhooks;
  /** What is said of runs after they were made. */
  readonly records: RunRecords;
  readonly schedules: ScheduleRows;
  readonly scheduler: Scheduler;
  readonly provision: Provision;
  /** How many nodes this machine can run at once. */
  readonly slots: number;
  readonly tenantId: string;
  readonly subscriptionId: string;
};

export const PROVIDER = 'Microsoft.MachineLearningServices';

/** The path of a workspace, for routes. */
export const WORKSPACE = `/subscriptions/:subscriptionId/resourceGroups/:resourceGroup/providers/${PROVIDER}/workspaces/:workspace`;

const GROUP_NAME = /^[-\w.()]{1,90}$/;
const WORKSPACE_NAME = /^[A-Za-z0-9][\w-]{1,32}$/;
const SUBSCRIPTION = /^[\w-]{1,64}$/;

type Named = {
  subscriptionId?: string;
  resourceGroup?: string;
  workspace?: string;
  registry?: string;
  kind?: string;
  name?: string;
  version?: string;
};

/** A named part of the request's path. */
export function parameter(request: FastifyRequest, name: keyof Named): string {
  return (request.params as Named)[name] ?? '';
}

export function query(request: FastifyRequest, name: string): string | undefined {
  const wanted = name.toLowerCase();
  for (const [key, value] of Object.entries(request.query as Record<string, string | string[]>))
    if (key.toLowerCase() === wanted) return Array.isArray(value) ? value[0] : value;
  return undefined;
}

export function apiVersion(request: FastifyRequest): string {
  return query(request, 'api-version') ?? '';
}

/** @throws forbidden for tokens that aren't a person's, a service's or a job run's */
export function checkCaller(principal: Principal, workspaceId?: string): void {
  if (principal.kind === 'owner' || principal.kind === 'identity') return;
  if (principal.kind === 'ml-run' && (workspaceId === undefined || principal.workspaceId === workspaceId)) return;
  throw forbidden(
    'This token is not for Azure Resource Manager. Log in with `az login` and use a token for https://management.azure.com.',
  );
}

/**
 * The workspace in the request's path. Where local mode may, a missing one is made, with its resource group.
 * @throws not-found otherwise; forbidden for a token of another kind
 */
export async function workspaceOf(context: ArmContext, request: FastifyRequest): Promise<WorkspaceRecord> {
  const scope = scopeOf(request);
  const found = await context.workspaces.find(scope);
  checkCaller(request.principal, found?.id);
  if (found) return found;
  if (request.principal.kind === 'ml-run' || !context.provision.may(request)) {
    // Resource Manager looks for the group before it asks the provider (recorded).
    if (!(await context.workspaces.hasGroup(scope.subscriptionId, scope.resourceGroup)))
      throw groupNotFound(scope.resourceGroup);
    throw notFound(
      `The Resource '${PROVIDER}/workspaces/${scope.name}' under resource group '${scope.resourceGroup}' was not found. Create it: az ml workspace create --name ${scope.name} --resource-group ${scope.resourceGroup}.`,
    );
  }
  await provideGroup(context, request, scope.subscriptionId, scope.resourceGroup);
  const { workspace, created, recovered } = await context.workspaces.put(scope, { recover: true });
  if (created || recovered)
    await context.provision.said(
      `${recovered ? 'recovered' : 'created'} workspace ${workspace.name} in resource group ${workspace.resourceGroup}`,
      request,
    );
  return workspace;
}

/** What Resource Manager says of a resource group that isn't there. */
export function groupNotFound(name: string) {
  return notFound(
    `Resource group '${name}' could not be found. Create it: az group create --name ${name} --location ${REGION}.`,
    { wire: 'ResourceGroupNotFound' },
  );
}

/** Makes a resource group that local mode found missing, and says so. */
export async function provideGroup(
  context: ArmContext,
  request: FastifyRequest,
  subscriptionId: string,
  name: string,
): Promise<void> {
  if (await context.workspaces.ensureGroup(subscriptionId, name))
    await context.provision.said(`created resource group ${name}`, request);
}

/** @throws invalid for names that Azure would refuse */
export function scopeOf(request: FastifyRequest): WorkspaceScope {
  return checkScope({
    subscriptionId: parameter(request, 'subscriptionId'),
    resourceGroup: parameter(request, 'resourceGroup'),
    name: parameter(request, 'workspace'),
  });
}

/** @throws invalid for names that Azure would refuse */
export function checkScope(scope: WorkspaceScope): WorkspaceScope {
  checkGroup(scope.subscriptionId, scope.resourceGroup);
  if (!WORKSPACE_NAME.test(scope.name))
    throw invalid(
      `'${scope.name.slice(0, 80)}' is not a workspace's name: 2 to 33 letters, digits, hyphens and underscores.`,
    );
  return scope;
}

export function checkGroup(subscriptionId: string, resourceGroup: string): void {
  if (!SUBSCRIPTION.test(subscriptionId))
    throw invalid(`'${subscriptionId.slice(0, 80)}' is not a subscription id.`, { wire: 'InvalidSubscriptionId' });
  if (!GROUP_NAME.test(resourceGroup))
    throw invalid(`'${resourceGroup.slice(0, 100)}' is not a resource group's name.`, { wire: 'InvalidResourceGroup' });
}

/** Names of jobs and assets: they become parts of paths. */
const NAME = /^[A-Za-z0-9_][\w.-]{0,254}$/;

/** @throws invalid for a name that a job or an asset cannot have */
export function checkName(what: string, name: string): string {
  if (!NAME.test(name) || name.includes('..'))
    throw invalid(
      `'${name.slice(0, 80)}' is not a name for a ${what}: up to 255 letters, digits, hyphens, underscores and dots.`,
      { target: 'name' },
    );
  return name;
}

/** Where this request came in: links of answers lead back there. */
export function originOf(request: FastifyRequest): string {
  const host = request.headers.host ?? 'management.azure.com';
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i.test(host) ? `http://${host}` : `https://${host}`;
}

/** Who sent the request, for `systemData`. */
export function callerName(principal: Principal): string {
  return principal.kind === 'identity' ? principal.name : principal.kind === 'owner' ? 'owner' : 'ml-run';
}

/** The pipeline job for which a request was sent, as the request says; undefined for what a person's terminal sends. */
export function callingJobText(request: FastifyRequest): string | undefined {
  const given = request.headers[CALLER_HEADER];
  return typeof given === 'string' && /^[\w.-]{1,200}$/.test(given) ? given : undefined;
}

/** ISO 8601 with the seven digits of a second that the service shows. */
export function wireTime(time: string): string {
  return time.replace(/\.(\d{3})Z$/, '.$10000Z');
}

export function systemData(createdAt: string, createdBy: string, modifiedAt?: string) {
  return {
    createdAt: wireTime(createdAt),
    createdBy,
    createdByType: 'Application',
    ...(modifiedAt === undefined
      ? {}
      : { lastModifiedAt: wireTime(modifiedAt), lastModifiedBy: createdBy, lastModifiedByType: 'Application' }),
  };
}

const PAGE = 100;

export type Page<T> = { readonly value: readonly T[]; readonly nextLink?: string };

function wholeNumber(request: FastifyRequest, name: string): number | undefined {
  const value = Number(query(request, name));
  return Number.isInteger(value) && value > 0 ? value : undefined;
}

/** How many entries a page of a list has; `isWhole`: it was asked for by `$top`, which bounds the whole answer. */
export function pageSize(request: FastifyRequest): { readonly size: number; readonly isWhole: boolean } {
  const top = wholeNumber(request, '$top');
  return { size: Math.min(top ?? wholeNumber(request, 'count') ?? PAGE, 1000), isWhole: top !== undefined };
}

/** One page of a list, with the link to the next: `$top` (or `count`) entries from `$skip` on. */
export function page<T>(request: FastifyRequest, items: readonly T[]): Page<T> {
  const skip = wholeNumber(request, '$skip') ?? 0;
  const { size, isWhole } = pageSize(request);
  const value = items.slice(skip, skip + size);
  if (isWhole || skip + size >= items.length) return { value };
  return { value, nextLink: nextLink(request, String(skip + size)) };
}

/** The address of a list's next page. @param skip where it begins, in whatever form the list's own route reads again */
export function nextLink(request: FastifyRequest, skip: string): string {
  const url = new URL(request.url, originOf(request));
  url.searchParams.set('$skip', skip);
  return url.href;
}

/** The archived ones, those that aren't (the default), or both. @throws invalid for another word */
export function listView(request: FastifyRequest): 'active' | 'archived' | 'all' {
  // The newest client asks a registry in Python's word for it, `ListViewType.ACTIVE_ONLY` (seen).
  const asked = (query(request, 'listViewType') ?? '').replace(/^ListViewType\./, '').replaceAll('_', '');
  const view = ({ '': 'active', activeonly: 'active', archivedonly: 'archived', all: 'all' } as const)[
    asked.toLowerCase()
  ];
  if (view === undefined)
    throw invalid(`listViewType is ActiveOnly, ArchivedOnly or All, not '${asked.slice(0, 50)}'.`, {
      target: 'listViewType',
      wire: 'UserError',
    });
  return view;
}
