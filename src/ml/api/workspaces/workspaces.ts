import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  type ArmContext,
  callerName,
  checkCaller,
  PROVIDER,
  page,
  parameter,
  query,
  scopeOf,
  WORKSPACE,
  workspaceOf,
} from '../../arm/context.ts';
import { removeWorkspace } from '../../arm/remove-workspace.ts';
import { diagnose } from './diagnose.ts';
import { networkDependencies } from './network-dependencies.ts';
import { readWorkspaceChange } from './workspace-change.ts';
import { addWorkspaceKeyRoutes } from './workspace-keys.ts';
import { workspaceWire } from './workspace-wire.ts';

/** Workspaces: read, made, changed, deleted, recovered, looked at. */
export function addWorkspaceRoutes(service: FastifyInstance, context: ArmContext): void {
  const list = async (request: FastifyRequest) => {
    checkCaller(request.principal);
    const found = await context.workspaces.list(
      parameter(request, 'subscriptionId'),
      parameter(request, 'resourceGroup') || undefined,
    );
    const kinds = query(request, 'kind')?.toLowerCase().split(',');
    return page(
      request,
      found
        .filter((workspace) => !kinds || kinds.includes(workspace.kind.toLowerCase()))
        .map((workspace) => workspaceWire(context, workspace)),
    );
  };
  service.get(`/subscriptions/:subscriptionId/providers/${PROVIDER}/workspaces`, list);
  service.get(`/subscriptions/:subscriptionId/resourceGroups/:resourceGroup/providers/${PROVIDER}/workspaces`, list);
  service.get(WORKSPACE, async (request) => workspaceWire(context, await workspaceOf(context, request)));
  service.put(WORKSPACE, async (request) => {
    checkCaller(request.principal);
    const scope = scopeOf(request);
    const existing = (await context.workspaces.find(scope)) ?? (await context.workspaces.findDeleted(scope));
    const change = await readWorkspaceChange(context, request.body, existing);
    const { workspace } = await context.workspaces.put(scope, { ...change, by: callerName(request.principal) });
    // 200 for a new one too (specified).
    return workspaceWire(context, workspace);
  });
  service.patch(WORKSPACE, async (request) => {
    const workspace = await workspaceOf(context, request);
    const change = await readWorkspaceChange(context, request.body, workspace);
    return workspaceWire(context, (await context.workspaces.put(workspace, change)).workspace);
  });
  service.delete(WORKSPACE, async (request, reply) => {
    checkCaller(request.principal);
    const scope = scopeOf(request);
    const forGood = query(request, 'forceToPurge')?.toLowerCase() === 'true';
    const found =
      (await context.workspaces.find(scope)) ?? (forGood ? await context.workspaces.findDeleted(scope) : undefined);
    if (found) await removeWorkspace(context, found, forGood);
    return reply.code(found ? 200 : 204).send();
  });
  service.post(`${WORKSPACE}/diagnose`, async (request) => diagnose(context, await workspaceOf(context, request)));
  service.get(`${WORKSPACE}/outboundNetworkDependenciesEndpoints`, async (request) =>
    networkDependencies(await workspaceOf(context, request)),
  );
  addWorkspaceKeyRoutes(service, context);
}
