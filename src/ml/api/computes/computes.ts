import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid } from '../../../kernel/errors.ts';
import {
  type ArmContext,
  checkName,
  PROVIDER,
  page,
  parameter,
  WORKSPACE,
  wireTime,
  workspaceOf,
} from '../../arm/context.ts';
import { provideCompute } from '../../arm/provide-compute.ts';
import { type ComputeRecord, scaleOf } from '../../compute/computes.ts';
import { locationOf } from '../../locations.ts';
import { workspaceResourceId } from '../../places.ts';
import type { Workspace } from '../../types.ts';
import { fieldOf, objectField, textField, textsField } from '../../wire-fields.ts';

const COMPUTE = `${WORKSPACE}/computes/:name`;

/** Computes: clusters whose nodes are this machine's slots. */
export function addComputeRoutes(service: FastifyInstance, context: ArmContext): void {
  const { computes, clusters } = context;
  const wire = (workspace: Workspace, compute: ComputeRecord) => {
    const counts = clusters.counts(`${workspace.id}/${compute.name.toLowerCase()}`, scaleOf(compute, context.slots));
    return {
      id: `${workspaceResourceId(workspace)}/computes/${compute.name}`,
      name: compute.name,
      type: `${PROVIDER}/workspaces/computes`,
      location: compute.location ?? workspace.location,
      tags: compute.tags,
      ...(compute.identity === undefined ? {} : { identity: compute.identity }),
      properties: {
        computeType: compute.computeType,
        description: compute.description ?? null,
        computeLocation: compute.location ?? workspace.location,
        createdOn: wireTime(compute.createdAt),
        modifiedOn: wireTime(compute.modifiedAt),
        provisioningState: 'Succeeded',
        provisioningErrors: null,
        isAttachedCompute: false,
        resourceId: null,
        disableLocalAuth: false,
        properties: {
          ...compute.settings,
          vmSize: (textField(compute.settings, 'vmSize') ?? 'STANDARD_DS3_V2').toUpperCase(),
          currentNodeCount: counts.current,
          targetNodeCount: counts.target,
          nodeStateCounts: {
            idleNodeCount: counts.idle,
            runningNodeCount: counts.running,
            preparingNodeCount: 0,
            unusableNodeCount: 0,
            leavingNodeCount: 0,
            preemptedNodeCount: 0,
          },
          allocationState: counts.current === counts.target ? 'Steady' : 'Resizing',
          allocationStateTransitionTime: wireTime(compute.modifiedAt),
          errors: null,
        },
      },
    };
  };
  const find = async (request: FastifyRequest) => {
    const workspace = await workspaceOf(context, request);
    return { workspace, compute: await provideCompute(context, request, workspace, parameter(request, 'name')) };
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
    const computeType = textField(properties, 'computeType') ?? '';
    if (computeType.toLowerCase() !== 'amlcompute')
      throw invalid(`not implemented: computes of type '${computeType}'. AmlCompute works.`, { target: 'computeType' });
    const description = textField(properties, 'description');
    const identity = fieldOf(request.body, 'identity');
    const location = locationOf(request.body);
    const { compute, created } = await computes.put(workspace.id, name, {
      computeType: 'AmlCompute',
      settings: objectField(properties, 'properties'),
      tags: textsField(request.body, 'tags'),
      ...(description === undefined ? {} : { description }),
      ...(identity === undefined ? {} : { identity }),
      ...(location === undefined ? {} : { location }),
    });
    reply.code(created ? 201 : 200);
    return wire(workspace, compute);
  });
  service.patch(COMPUTE, async (request) => {
    const { workspace, compute } = await find(request);
    const inner = objectField(objectField(request.body, 'properties'), 'properties');
    const { compute: changed } = await computes.put(workspace.id, compute.name, {
      ...compute,
      settings: { ...compute.settings, ...inner },
    });
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
    const { current, running } = clusters.counts(
      `${workspace.id}/${compute.name.toLowerCase()}`,
      scaleOf(compute, context.slots),
    );
    const nodes = Array.from({ length: current }, (_, index) => ({
      nodeId: `node-${index}`,
      privateIpAddress: '127.0.0.1',
      publicIpAddress: null,
      nodeState: index < running ? 'running' : 'idle',
      runId: null,
    }));
    return { nodes };
  });
}
