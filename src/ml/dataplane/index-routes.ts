import type { FastifyInstance, FastifyRequest } from 'fastify';
import { conflict, invalid, notFound } from '../../kernel/errors.ts';
import { WORKSPACE_PATH, workspaceOf } from '../tracking/index.ts';
import type { Workspace } from '../types.ts';
import type { AssetVersion } from '../versions.ts';
import { textField, textsField } from '../wire-fields.ts';
import { type DataPlaneDeps, originOf, parameter } from './deps.ts';

const NAME = /^[A-Za-z0-9_][\w.-]{0,254}$/;
const PAGE = 100;
const LARGEST_PAGE = 1000;

/** Search indexes as assets: where an index lies, with versions as other assets have them. What is in one is its maker's and reader's alone. */
export function registerIndexes(service: FastifyInstance, deps: DataPlaneDeps): void {
  const { versions, containers } = deps;
  const absent = (what: string) =>
    notFound(`There is no index '${what.slice(0, 200)}' in this workspace.`, { wire: 'IndexNotFound', target: 'name' });
  const page = (request: FastifyRequest, all: readonly object[]) => {
    const query = request.query as Record<string, string | undefined>;
    const skip = Math.max(0, Number(query.skip) || 0);
    const top = Number(query.top) || undefined;
    const size = Math.min(LARGEST_PAGE, Math.max(1, top ?? (Number(query.maxpagesize) || PAGE)));
    const next = new URL(`${originOf(request)}${request.url}`);
    next.searchParams.set('skip', String(skip + size));
    return {
      value: all.slice(skip, skip + size),
      ...(top === undefined && skip + size < all.length ? { nextLink: next.href } : {}),
    };
  };

  // The client asks the first path, because the service fails on the second when it writes (client source).
  for (const base of ['genericasset', 'genericasset/v2.0']) {
    const path = `/${base}${WORKSPACE_PATH}/indexes`;
    service.get(path, async (request) => {
      const workspace = await workspaceOf(deps.workspaces, request);
      const found: object[] = [];
      const named = await containers.list(workspace.id, 'indexes', { view: 'all', limit: LARGEST_PAGE });
      for (const { name } of named) {
        const latest = await versions.latest(workspace.id, 'indexes', name);
        if (latest && latest.properties['isArchived'] !== true) found.push(wire(workspace, latest));
      }
      return page(request, found);
    });
    service.get(`${path}/:name`, async (request) => {
      const workspace = await workspaceOf(deps.workspaces, request);
      const latest = await versions.latest(workspace.id, 'indexes', parameter(request, 'name'));
      if (!latest) throw absent(parameter(request, 'name'));
      return wire(workspace, latest);
    });
    service.get(`${path}/:name/versions`, async (request) => {
      const workspace = await workspaceOf(deps.workspaces, request);
      const each = versions.each(workspace.id, 'indexes', parameter(request, 'name'), {
        view: viewOf(request),
        oldestFirst: false,
      });
      const found: object[] = [];
      for await (const { asset } of each) found.push(wire(workspace, asset));
      return page(request, found);
    });
    service.get(`${path}/:name/versions/:version`, async (request) => {
      const workspace = await workspaceOf(deps.workspaces, request);
      const [name, version] = [parameter(request, 'name'), parameter(request, 'version')];
      const found = await versions.find(workspace.id, 'indexes', name, version);
      if (!found) throw absent(`${name}:${version}`);
      return wire(workspace, found);
    });
    service.put(`${path}/:name/versions/:version`, async (request, reply) => {
      const workspace = await workspaceOf(deps.workspaces, request);
      const [name, version] = [parameter(request, 'name'), parameter(request, 'version')];
      for (const text of [name, version])
        if (!NAME.test(text) || text.includes('..'))
          throw invalid(
            `'${text.slice(0, 80)}' is not a name or version of an index: letters, digits, hyphens, underscores, dots.`,
            {
              target: 'name',
            },
          );
      const storageUri = textField(request.body, 'storageUri');
      if (storageUri === undefined)
        throw invalid("An index needs 'storageUri', where it lies.", { target: 'storageUri' });
      const description = textField(request.body, 'description');
      const stage = textField(request.body, 'stage') ?? 'Development';
      const change = {
        name,
        version,
        properties: {
          storageUri,
          stage,
          // The client puts an index away by its stage (client source).
          isArchived: /^archived?$/i.test(stage),
          ...(description === undefined ? {} : { description }),
          tags: textsField(request.body, 'tags'),
          properties: textsField(request.body, 'properties'),
        },
      };
      const { asset, created } = await versions.put(workspace.id, 'indexes', change, (existing) => {
        if (existing.properties['storageUri'] !== storageUri)
          throw conflict(
            `The index ${name}:${version} lies elsewhere, and a version does not move. Use a new version.`,
            {
              target: 'storageUri',
            },
          );
      });
      return reply.code(created ? 201 : 200).send(wire(workspace, asset));
    });
    // The colon is a part of the last segment: a name with it is the operation's.
    service.post(`${path}/:name`, async (request) => {
      const workspace = await workspaceOf(deps.workspaces, request);
      const name = /^(.+):getNextVersion$/i.exec(parameter(request, 'name'))?.[1];
      if (name === undefined)
        throw invalid('Of an index the operation getNextVersion can be asked.', { target: 'name' });
      const latest = await versions.latest(workspace.id, 'indexes', name);
      return {
        nextVersion: Number(await versions.nextVersion(workspace.id, 'indexes', name)),
        latestVersion: latest?.version ?? '',
      };
    });
  }
}

function viewOf(request: FastifyRequest): 'active' | 'archived' | 'all' {
  const view = (request.query as Record<string, string | undefined>).listViewType ?? '';
  // The newest client asks in Python's word for it, `ListViewType.ACTIVE_ONLY` (seen).
  const word = view
    .replace(/^ListViewType\./, '')
    .replaceAll('_', '')
    .toLowerCase();
  return word === 'all' ? 'all' : word === 'archivedonly' ? 'archived' : 'active';
}

function wire(workspace: Workspace, asset: AssetVersion) {
  const { storageUri, stage, description, tags, properties } = asset.properties;
  return {
    id: `azureml://locations/${workspace.location}/workspaces/${workspace.id}/indexes/${asset.name}/versions/${asset.version}`,
    stage,
    description: description ?? null,
    systemData: { createdAt: asset.createdAt, createdBy: asset.createdBy ?? 'Millrace', createdByType: 'Application' },
    tags,
    properties,
    storageUri,
  };
}
