import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid, notFound } from '../../../kernel/errors.ts';
import { type ArmContext, checkName, PROVIDER, page, parameter, WORKSPACE, workspaceOf } from '../../arm/context.ts';
import { readOutboundRule } from '../../arm/outbound-rule.ts';
import { workspaceResourceId } from '../../places.ts';
import { fieldOf, flagField, isObject, type Json, objectField } from '../../wire-fields.ts';
import type { WorkspaceRecord } from '../../workspaces.ts';

const RULES = `${WORKSPACE}/outboundRules`;

/**
 * The settings of a workspace's managed network, and its outbound rules. They are part of the workspace, which shows them too. Nothing here
 * has a network of its own: they are kept and change nothing.
 */
export function addManagedNetworkRoutes(service: FastifyInstance, context: ArmContext): void {
  const networkOf = (workspace: WorkspaceRecord) => objectField(workspace.properties, 'managedNetwork');
  const rulesOf = (workspace: WorkspaceRecord) => objectField(networkOf(workspace), 'outboundRules');
  const save = (workspace: WorkspaceRecord, change: Json) =>
    context.workspaces.put(workspace, { properties: { managedNetwork: { ...networkOf(workspace), ...change } } });
  const wire = (workspace: WorkspaceRecord, name: string, rule: unknown) => ({
    id: `${workspaceResourceId(workspace)}/outboundRules/${name}`,
    name,
    type: `${PROVIDER}/workspaces/outboundRules`,
    properties: rule,
  });
  const find = async (request: FastifyRequest) => {
    const workspace = await workspaceOf(context, request);
    const wanted = parameter(request, 'name').toLowerCase();
    const entry = Object.entries(rulesOf(workspace)).find(([name]) => name.toLowerCase() === wanted);
    return { workspace, entry };
  };

  service.get(RULES, async (request) => {
    const workspace = await workspaceOf(context, request);
    return page(
      request,
      Object.entries(rulesOf(workspace)).map(([name, rule]) => wire(workspace, name, rule)),
    );
  });
  service.get(`${RULES}/:name`, async (request) => {
    const { workspace, entry } = await find(request);
    if (!entry)
      throw notFound(`There is no outbound rule '${parameter(request, 'name')}' in workspace ${workspace.name}.`, {
        wire: 'NotFound',
      });
    return wire(workspace, ...entry);
  });
  service.put(`${RULES}/:name`, async (request) => {
    const { workspace, entry } = await find(request);
    const name = entry?.[0] ?? checkName('outbound rule', parameter(request, 'name'));
    const rule = readOutboundRule(name, objectField(request.body, 'properties'));
    await save(workspace, { outboundRules: { ...rulesOf(workspace), [name]: rule } });
    return wire(workspace, name, rule);
  });
  service.delete(`${RULES}/:name`, async (request, reply) => {
    const { workspace, entry } = await find(request);
    if (!entry) return reply.code(204).send();
    if (fieldOf(entry[1], 'category') === 'Required')
      throw invalid(`The outbound rule '${entry[0]}' is required by the service and can't be removed.`);
    const { [entry[0]]: _removed, ...others } = rulesOf(workspace);
    await save(workspace, { outboundRules: others });
    return reply.code(200).send();
  });
  service.post(`${WORKSPACE}/provisionManagedNetwork`, async (request) => {
    const workspace = await workspaceOf(context, request);
    const body = isObject(request.body) ? request.body : {};
    const status = { status: 'Active', sparkReady: flagField(body, 'includeSpark') ?? false };
    await save(workspace, { status });
    return status;
  });
}
