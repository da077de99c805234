import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid, notFound } from '../../../kernel/errors.ts';
import {
  type ArmContext,
  callerName,
  checkName,
  PROVIDER,
  page,
  parameter,
  query,
  systemData,
  WORKSPACE,
  workspaceOf,
} from '../../arm/context.ts';
import { workspaceResourceId } from '../../places.ts';
import { nextSequence } from '../../tables.ts';
import type { Workspace } from '../../types.ts';
import { type AssetVersion, assetOf } from '../../versions.ts';
import { type Json, objectField } from '../../wire-fields.ts';
import { KINDS, type Kind } from './kinds.ts';

/** What the server itself says of a version: sent back by clients, never stored. */
const READ_ONLY = new Set(['provisioningState']);

/** Components, environments, data and models: containers and versions by one machinery. */
export function addAssetRoutes(service: FastifyInstance, context: ArmContext): void {
  for (const kind of KINDS) addKind(service, context, kind);
}

function addKind(service: FastifyInstance, context: ArmContext, kind: Kind): void {
  const { store, versions } = context;
  const container = `${WORKSPACE}/${kind.kind}/:name`;

  const wire = (workspace: Workspace, asset: AssetVersion) => ({
    id: `${workspaceResourceId(workspace)}/${kind.kind}/${asset.name}/versions/${asset.version}`,
    name: asset.version,
    type: `${PROVIDER}/workspaces/${kind.kind}/versions`,
    systemData: systemData(asset.createdAt, 'millrace', asset.modifiedAt),
    properties: {
      description: null,
      tags: {},
      properties: {},
      isArchived: false,
      isAnonymous: false,
      ...asset.properties,
      provisioningState: 'Succeeded',
    },
  });
  const allOf = async (workspace: Workspace, name?: string) => {
    let rows = store.read
      .selectFrom('ml_versions')
      .select(['name', 'version', 'document'])
      .where('workspace_id', '=', workspace.id)
      .where('kind', '=', kind.kind)
      .orderBy('sequence', 'desc');
    if (name !== undefined) rows = rows.where('name', '=', name);
    return (await rows.execute()).map(assetOf);
  };
  const containerDocument = async (workspace: Workspace, name: string): Promise<Json> => {
    const row = await store.read
      .selectFrom('ml_containers')
      .select('document')
      .where('workspace_id', '=', workspace.id)
      .where('kind', '=', kind.kind)
      .where('name', '=', name)
      .executeTakeFirst();
    return row ? (JSON.parse(row.document) as Json) : {};
  };
  const containerWire = async (workspace: Workspace, latest: AssetVersion) => ({
    id: `${workspaceResourceId(workspace)}/${kind.kind}/${latest.name}`,
    name: latest.name,
    type: `${PROVIDER}/workspaces/${kind.kind}`,
    systemData: systemData(latest.createdAt, 'millrace', latest.modifiedAt),
    properties: {
      description: latest.properties['description'] ?? null,
      tags: {},
      properties: {},
      isArchived: false,
      ...(kind.kind === 'data' ? { dataType: latest.properties['dataType'] } : {}),
      ...(await containerDocument(workspace, latest.name)),
      latestVersion: latest.version,
      nextVersion: await versions.nextVersion(workspace.id, kind.kind, latest.name),
    },
  });
  const isShown = (request: FastifyRequest, archived: unknown) => {
    const view = (query(request, 'listViewType') ?? 'ActiveOnly').toLowerCase();
    return view === 'all' || (archived === true) === (view === 'archivedonly');
  };
  const absent = (name: string, version?: string) =>
    notFound(`There is no ${kind.singular} '${name}${version === undefined ? '' : `:${version}`}' in this workspace.`, {
      wire: 'UserError',
      details: kind.kind === 'components' ? ['NotFound', 'ComponentNotFound'] : ['NotFoundError'],
    });

  service.get(`${WORKSPACE}/${kind.kind}`, async (request) => {
    const workspace = await workspaceOf(context, request);
    const latest = new Map<string, AssetVersion>();
    for (const asset of await allOf(workspace))
      if (asset.properties['isAnonymous'] !== true && !latest.has(asset.name)) latest.set(asset.name, asset);
    const containers = await Promise.all([...latest.values()].map((asset) => containerWire(workspace, asset)));
    return page(
      request,
      containers.filter((one) => isShown(request, one.properties.isArchived)),
    );
  });
  service.get(container, async (request) => {
    const workspace = await workspaceOf(context, request);
    const latest = await versions.latest(workspace.id, kind.kind, parameter(request, 'name'));
    if (!latest) throw absent(parameter(request, 'name'));
    return containerWire(workspace, latest);
  });
  service.put(container, async (request) => {
    const workspace = await workspaceOf(context, request);
    const name = parameter(request, 'name');
    const latest = await versions.latest(workspace.id, kind.kind, name);
    if (!latest) throw absent(name);
    const {
      latestVersion: _latest,
      nextVersion: _next,
      provisioningState: _state,
      ...kept
    } = objectField(request.body, 'properties');
    const document = JSON.stringify(kept);
    await store.write((writer) =>
      writer
        .insertInto('ml_containers')
        .values({
          workspace_id: workspace.id,
          kind: kind.kind,
          name,
          document,
          sequence: nextSequence(context.clock.now()),
        })
        .onConflict((conflict) => conflict.columns(['workspace_id', 'kind', 'name']).doUpdateSet({ document }))
        .execute(),
    );
    return containerWire(workspace, latest);
  });
  // `$orderBy=createdtime desc&$top=1` is how clients ask for the latest (client source): newest first is the only order.
  service.get(`${container}/versions`, async (request) => {
    const workspace = await workspaceOf(context, request);
    const all = await allOf(workspace, parameter(request, 'name'));
    return page(
      request,
      all.filter((asset) => isShown(request, asset.properties['isArchived'])).map((asset) => wire(workspace, asset)),
    );
  });
  service.get(`${container}/versions/:version`, async (request) => {
    const workspace = await workspaceOf(context, request);
    const name = parameter(request, 'name');
    const found = await versions.find(workspace.id, kind.kind, name, parameter(request, 'version'));
    if (!found) throw absent(name, parameter(request, 'version'));
    return wire(workspace, found);
  });
  service.get(`${container}/labels/:version`, async (request) => {
    const workspace = await workspaceOf(context, request);
    const label = parameter(request, 'version').toLowerCase();
    const latest = await versions.latest(workspace.id, kind.kind, parameter(request, 'name'));
    if (!latest || (label !== 'latest' && label !== 'default')) throw absent(parameter(request, 'name'), label);
    return wire(workspace, latest);
  });
  service.put(`${container}/versions/:version`, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    const name = checkName(kind.singular, parameter(request, 'name'));
    const version = checkName(`${kind.singular}'s version`, parameter(request, 'version'));
    const sent = Object.fromEntries(
      Object.entries(objectField(request.body, 'properties')).filter(
        ([key, value]) => value !== null && !READ_ONLY.has(key),
      ),
    );
    const properties = kind.complete(sent, workspace);
    const existing = await versions.find(workspace.id, kind.kind, name, version);
    if (existing && JSON.stringify(existing.properties[kind.fixed]) !== JSON.stringify(properties[kind.fixed]))
      throw invalid(
        `The ${kind.singular} ${name}:${version} exists with another '${kind.fixed}', which cannot change. Use a new version.`,
        {
          wire: 'UserError',
          details: [
            'BadArgument',
            'ArgumentInvalid',
            kind.kind === 'components' ? 'UpdateComponentFailed' : 'UpdateFailed',
          ],
        },
      );
    const { asset, created } = await versions.put(workspace.id, kind.kind, { name, version, properties });
    reply.code(created || kind.kind === 'environments' ? 201 : 200);
    return {
      ...wire(workspace, asset),
      systemData: systemData(asset.createdAt, callerName(request.principal), asset.modifiedAt),
    };
  });
  service.delete(`${container}/versions/:version`, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    const removed = await store.write((writer) =>
      writer
        .deleteFrom('ml_versions')
        .where('workspace_id', '=', workspace.id)
        .where('kind', '=', kind.kind)
        .where('name', '=', parameter(request, 'name'))
        .where('version', '=', parameter(request, 'version'))
        .returning('name')
        .executeTakeFirst(),
    );
    return reply.code(removed ? 200 : 204).send();
  });
}
