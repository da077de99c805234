import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { conflict, invalid } from '../../../kernel/errors.ts';
import { newGuid } from '../../../kernel/ids.ts';
import {
  type ArmContext,
  apiVersion,
  checkName,
  originOf,
  PROVIDER,
  page,
  parameter,
  WORKSPACE,
  workspaceOf,
} from '../../arm/context.ts';
import { provideCompute } from '../../arm/provide-compute.ts';
import { type ComputeRecord, scaleOf } from '../../compute/computes.ts';
import { checkScale, computeKindOf, withoutSecrets } from '../../compute/kinds.ts';
import { locationOf } from '../../locations.ts';
import type { Workspace } from '../../types.ts';
import { fieldOf, flagField, type Json, objectField, textField, textsField } from '../../wire-fields.ts';
import { computeWire } from './compute-wire.ts';

const COMPUTE = `${WORKSPACE}/computes/:name`;
const OPERATION = `/subscriptions/:subscriptionId/providers/${PROVIDER}/locations/:location/computeOperationsStatus/:operation`;

/** Computes: clusters, instances and attached ones, whose nodes are all this machine's slots. */
export function addComputeRoutes(service: FastifyInstance, context: ArmContext): void {
  const { computes, clusters, vault } = context;
  const keyOf = (workspace: Workspace, compute: ComputeRecord) => `${workspace.id}/${compute.name.toLowerCase()}`;
  const countsOf = (workspace: Workspace, compute: ComputeRecord) =>
    clusters.counts(keyOf(workspace, compute), scaleOf(compute, context.slots));
  const wire = (workspace: Workspace, compute: ComputeRecord) =>
    computeWire(workspace, compute, countsOf(workspace, compute));
  const find = async (request: FastifyRequest) => {
    const workspace = await workspaceOf(context, request);
    return { workspace, compute: await provideCompute(context, request, workspace, parameter(request, 'name')) };
  };
  /** Keeps a compute; its new limits hold at once. */
  const keep = async (workspace: Workspace, name: string, change: Parameters<typeof computes.put>[2]) => {
    const kept = await computes.put(workspace.id, name, change);
    clusters.resize(keyOf(workspace, kept.compute), scaleOf(kept.compute, context.slots));
    return kept;
  };

  service.get(`${WORKSPACE}/computes`, async (request) => {
    const workspace = await workspaceOf(context, request);
    return page(
      request,
      (await computes.list(workspace.id)).map((compute) => wire(workspace, compute)),
    );
  });
  service.get(COMPUTE, async (request) => {
    const { workspace, compute } = await find(request);
    return wire(workspace, compute);
  });
  service.put(COMPUTE, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    const name = checkName('compute', parameter(request, 'name'));
    const properties = objectField(request.body, 'properties');
    const kind = computeKindOf(textField(properties, 'computeType') ?? '');
    const existing = await computes.find(workspace.id, name);
    if (existing && existing.computeType !== kind.computeType)
      throw conflict(
        `There is a compute '${name}' of the type ${existing.computeType} already. Delete it first, or choose another name.`,
      );
    const given = withoutSecrets(settable(objectField(properties, 'properties')), kind.secrets);
    if (kind.computeType === 'AmlCompute') checkScale(given.settings);
    const description = textField(properties, 'description');
    const identity = fieldOf(request.body, 'identity');
    const location = locationOf(request.body);
    const resourceId = textField(properties, 'resourceId');
    const disableLocalAuth = flagField(properties, 'disableLocalAuth');
    // What a client read it sends back without the secrets, which it was never told: they stay.
    const sealed = Object.keys(given.secrets).length > 0 ? vault.seal(JSON.stringify(given.secrets)) : existing?.sealed;
    const { compute, created } = await keep(workspace, name, {
      computeType: kind.computeType,
      settings: given.settings,
      tags: textsField(request.body, 'tags'),
      ...(sealed === undefined ? {} : { sealed }),
      ...(description === undefined ? {} : { description }),
      ...(identity === undefined ? {} : { identity }),
      ...(location === undefined ? {} : { location }),
      ...(resourceId === undefined ? {} : { resourceId }),
      ...(disableLocalAuth === undefined ? {} : { disableLocalAuth }),
      ...(existing?.stopped ? { stopped: true } : {}),
      ...(existing?.lastOperation ? { lastOperation: existing.lastOperation } : {}),
    });
    followed(request, reply, workspace);
    reply.code(created ? 201 : 200);
    return wire(workspace, compute);
  });
  service.patch(COMPUTE, async (request, reply) => {
    const { workspace, compute } = await find(request);
    const inner = objectField(objectField(request.body, 'properties'), 'properties');
    const kind = computeKindOf(compute.computeType);
    const given = withoutSecrets(settable(inner), kind.secrets);
    const scaleSettings = { ...objectField(compute.settings, 'scaleSettings'), ...objectField(inner, 'scaleSettings') };
    const settings = {
      ...compute.settings,
      ...given.settings,
      ...(Object.keys(scaleSettings).length > 0 ? { scaleSettings } : {}),
    };
    if (kind.computeType === 'AmlCompute') checkScale(settings);
    const { compute: changed } = await keep(workspace, compute.name, { ...compute, settings });
    followed(request, reply, workspace);
    return wire(workspace, changed);
  });
  service.delete(COMPUTE, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    const name = parameter(request, 'name');
    const removed = await computes.remove(workspace.id, name);
    if (removed) clusters.forget(`${workspace.id}/${name.toLowerCase()}`);
    return reply.code(removed ? 200 : 204).send();
  });

  service.post(`${COMPUTE}/listNodes`, async (request) => {
    const { workspace, compute } = await find(request);
    const nodes = clusters.nodes(keyOf(workspace, compute), scaleOf(compute, context.slots));
    return {
      nodes: nodes.map(({ nodeId, runId }) => ({
        nodeId,
        privateIpAddress: '127.0.0.1',
        publicIpAddress: null,
        nodeState: runId === undefined ? 'idle' : 'running',
        runId: runId ?? null,
      })),
    };
  });
  service.post(`${COMPUTE}/listKeys`, async (request) => {
    const { compute } = await find(request);
    const { hasKeys, computeType } = computeKindOf(compute.computeType);
    if (!hasKeys) throw invalid(`A compute of the type ${computeType} has no keys.`, { target: 'computeType' });
    const secrets =
      compute.sealed === undefined ? {} : (JSON.parse(vault.open(compute.sealed)) as Record<string, string>);
    return {
      computeType,
      administratorAccount: {
        ...objectField(compute.settings, 'administratorAccount'),
        ...Object.fromEntries(Object.entries(secrets).map(([path, value]) => [path.split('.').pop(), value])),
      },
    };
  });

  /** Instances alone are started and stopped. */
  const operate = async (
    request: FastifyRequest,
    reply: FastifyReply,
    name: NonNullable<ComputeRecord['lastOperation']>['name'],
    change: (compute: ComputeRecord) => Partial<ComputeRecord>,
  ) => {
    const { workspace, compute } = await find(request);
    if (compute.computeType !== 'ComputeInstance')
      throw invalid(
        `'${compute.name}' is of the type ${compute.computeType}: only a ComputeInstance can be asked to ${name.toLowerCase()}.`,
        { target: 'computeType' },
      );
    const lastOperation = { name, time: context.clock.now().toISOString() };
    await keep(workspace, compute.name, { ...compute, ...change(compute), lastOperation });
    followed(request, reply, workspace);
    return reply.code(202).send();
  };
  service.post(`${COMPUTE}/start`, (request, reply) => operate(request, reply, 'Start', () => ({ stopped: false })));
  service.post(`${COMPUTE}/stop`, (request, reply) => operate(request, reply, 'Stop', () => ({ stopped: true })));
  service.post(`${COMPUTE}/restart`, (request, reply) =>
    operate(request, reply, 'Restart', () => ({ stopped: false })),
  );
  // In later versions of the API than the table's.
  service.post(`${COMPUTE}/resize`, (request, reply) => {
    const vmSize = textField(request.body, 'targetVMSize');
    if (vmSize === undefined) throw invalid('resize needs targetVMSize.', { target: 'targetVMSize' });
    return operate(request, reply, 'Resize', ({ settings }) => ({ settings: { ...settings, vmSize } }));
  });
  service.post(`${COMPUTE}/updateIdleShutdownSetting`, async (request, reply) => {
    const { workspace, compute } = await find(request);
    const idleTimeBeforeShutdown = textField(request.body, 'idleTimeBeforeShutdown');
    const settings = { ...compute.settings, idleTimeBeforeShutdown: idleTimeBeforeShutdown ?? null };
    await keep(workspace, compute.name, { ...compute, settings });
    return reply.code(200).send();
  });
  // What is asked of a compute is done when it is answered.
  service.get(OPERATION, async () => ({ status: 'Succeeded', percentComplete: 100 }));
}

/**
 * Names the operation that clients follow, which is over when they ask (recorded). Without one the public extension reads the answer itself
 * twice, and its library leaves the second reading without the type of the compute.
 */
function followed(request: FastifyRequest, reply: FastifyReply, workspace: Workspace): void {
  const path = `/subscriptions/${workspace.subscriptionId}/providers/${PROVIDER}/locations/${workspace.location}/computeOperationsStatus/${newGuid()}`;
  reply.header('azure-asyncoperation', `${originOf(request)}${path}?api-version=${apiVersion(request)}&service=new`);
  reply.header('retry-after', '1');
}

/** Fields that the service alone says: a client that sends back what it read does not set them. */
const SAID = new Set(
  [
    'currentNodeCount',
    'targetNodeCount',
    'nodeStateCounts',
    'allocationState',
    'allocationStateTransitionTime',
    'errors',
    'state',
    'applications',
    'connectivityEndpoints',
    'lastOperation',
  ].map((name) => name.toLowerCase()),
);

function settable(settings: Json): Json {
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !SAID.has(key.toLowerCase())));
}
