import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  type ArmContext,
  checkCaller,
  checkGroup,
  groupNotFound,
  PROVIDER,
  page,
  parameter,
  provideGroup,
  query,
} from '../../arm/context.ts';
import { removeWorkspace } from '../../arm/remove-workspace.ts';
import { checkGroupStays, locationOf } from '../../locations.ts';
import { REGION, workspaceResourceId } from '../../places.ts';
import { textsField } from '../../wire-fields.ts';
import { fitsFilter } from './resource-filter.ts';

/** A resource that lies directly in a group. */
const TOP_RESOURCE = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/([^/]+\/[^/]+)\/([^/]+)$/i;

type Group = {
  readonly subscriptionId: string;
  readonly name: string;
  readonly location: string;
  readonly tags: Record<string, string>;
};

/** Resource groups: names under which workspaces lie. */
export function addResourceGroupRoutes(service: FastifyInstance, context: ArmContext): void {
  const { store } = context;
  const LIST = '/subscriptions/:subscriptionId/resourceGroups';
  const ONE = `${LIST}/:resourceGroup`;
  const view = (group: Group) => ({
    id: `/subscriptions/${group.subscriptionId}/resourceGroups/${group.name}`,
    name: group.name,
    type: 'Microsoft.Resources/resourceGroups',
    location: group.location,
    tags: group.tags,
    properties: { provisioningState: 'Succeeded' },
  });
  const find = async (subscriptionId: string, name: string): Promise<Group | undefined> => {
    const row = await store.read
      .selectFrom('ml_groups')
      .select('document')
      .where('subscription_id', '=', subscriptionId.toLowerCase())
      .where('name_key', '=', name.toLowerCase())
      .executeTakeFirst();
    return row && (JSON.parse(row.document) as Group);
  };
  const idOf = (request: Parameters<typeof parameter>[0]) => {
    checkCaller(request.principal);
    const id = { subscriptionId: parameter(request, 'subscriptionId'), name: parameter(request, 'resourceGroup') };
    checkGroup(id.subscriptionId, id.name);
    return id;
  };
  const need = async (request: Parameters<typeof parameter>[0]): Promise<Group> => {
    const { subscriptionId, name } = idOf(request);
    const found = await find(subscriptionId, name);
    if (found) return found;
    if (!context.provision.may(request)) throw groupNotFound(name);
    await provideGroup(context, request, subscriptionId, name);
    return { subscriptionId, name, location: REGION, tags: {} };
  };

  service.get(LIST, async (request) => {
    checkCaller(request.principal);
    const rows = await store.read
      .selectFrom('ml_groups')
      .select('document')
      .where('subscription_id', '=', parameter(request, 'subscriptionId').toLowerCase())
      .orderBy('name_key')
      .execute();
    return page(
      request,
      rows.map((row) => view(JSON.parse(row.document) as Group)),
    );
  });
  // A question about existence makes nothing, in local mode either.
  service.head(ONE, async (request, reply) => {
    const { subscriptionId, name } = idOf(request);
    return reply.code((await find(subscriptionId, name)) ? 204 : 404).send();
  });
  service.get(ONE, { exposeHeadRoute: false }, async (request) => view(await need(request)));
  const save = async (request: Parameters<typeof parameter>[0]) => {
    const { subscriptionId, name } = idOf(request);
    const location = locationOf(request.body);
    const created = await context.workspaces.ensureGroup(subscriptionId, name, location);
    const group = (await find(subscriptionId, name)) as Group;
    checkGroupStays(group.location, location);
    const changed: Group = {
      ...group,
      tags: { ...(request.method === 'PATCH' ? group.tags : {}), ...textsField(request.body, 'tags') },
    };
    await store.write((writer) =>
      writer
        .updateTable('ml_groups')
        .set({ document: JSON.stringify(changed) })
        .where('subscription_id', '=', subscriptionId.toLowerCase())
        .where('name_key', '=', name.toLowerCase())
        .execute(),
    );
    return { created, body: view(changed) };
  };
  service.put(ONE, async (request, reply) => {
    const { created, body } = await save(request);
    return reply.code(created ? 201 : 200).send(body);
  });
  service.patch(ONE, async (request) => {
    await need(request);
    return (await save(request)).body;
  });
  service.delete(ONE, async (request, reply) => {
    const group = await need(request);
    const { subscriptionId, name } = group;
    const deleted = await context.workspaces.listDeleted(subscriptionId, name);
    for (const workspace of [...(await context.workspaces.list(subscriptionId, name)), ...deleted])
      await removeWorkspace(context, workspace, true);
    await context.resources.removeBelow(`/subscriptions/${group.subscriptionId}/resourceGroups/${group.name}`);
    for (const registry of await context.registries.list(subscriptionId, name))
      await context.registries.remove(registry);
    await store.write((writer) =>
      writer
        .deleteFrom('ml_groups')
        .where('subscription_id', '=', group.subscriptionId.toLowerCase())
        .where('name_key', '=', group.name.toLowerCase())
        .execute(),
    );
    return reply.code(200).send();
  });
  /** Workspaces, and what they are made with. @param group undefined: of the whole subscription */
  const resourcesOf = async (request: FastifyRequest, subscriptionId: string, group?: string) => {
    const workspaces = (await context.workspaces.list(subscriptionId, group)).map((workspace) => ({
      id: workspaceResourceId(workspace),
      name: workspace.name,
      type: `${PROVIDER}/workspaces`,
      location: workspace.location,
      tags: workspace.tags,
    }));
    const scope = `/subscriptions/${subscriptionId}${group === undefined ? '' : `/resourceGroups/${group}`}`;
    const others = (await context.resources.below(scope)).flatMap((one) => {
      const [, type, name] = TOP_RESOURCE.exec(one.id) ?? [];
      // Deployments and roles are no resources of a group.
      if (!type || !name || /^Microsoft\.(Resources|Authorization)\//i.test(type)) return [];
      return [{ id: one.id, name, type, location: one.document['location'], tags: one.document['tags'] ?? {} }];
    });
    const filter = query(request, '$filter');
    return page(
      request,
      [...workspaces, ...others].filter((one) => fitsFilter(filter, one)),
    );
  };
  service.get(`${ONE}/resources`, async (request) => {
    const group = await need(request);
    return resourcesOf(request, group.subscriptionId, group.name);
  });
  service.get('/subscriptions/:subscriptionId/resources', async (request) => {
    checkCaller(request.principal);
    const subscriptionId = parameter(request, 'subscriptionId');
    checkGroup(subscriptionId, 'any');
    return resourcesOf(request, subscriptionId);
  });
}
