import type { FastifyInstance } from 'fastify';
import { type ArmContext, checkName, nextLink, parameter } from '../../arm/context.ts';
import type { AssetContainer } from '../../containers.ts';
import { objectField } from '../../wire-fields.ts';
import { assetNotFound } from './absent.ts';
import { containerWire, storedProperties } from './asset-wire.ts';
import type { Kind } from './kinds.ts';
import { readListQuery } from './list-query.ts';
import type { AssetHome, AssetScope } from './scopes.ts';

/** Containers of one kind of asset: what the versions of a name have in common. */
export function addContainerRoutes(service: FastifyInstance, context: ArmContext, home: AssetHome, kind: Kind): void {
  const { containers, versions } = context;
  const path = `${home.path}/${kind.kind}`;
  const wire = async (scope: AssetScope, container: AssetContainer) => {
    const [latest, next] = await Promise.all([
      versions.latest(scope.id, kind.kind, container.name),
      versions.nextVersion(scope.id, kind.kind, container.name),
    ]);
    return containerWire(home, scope, kind, container, latest, next);
  };

  service.get(path, async (request) => {
    const scope = await home.scopeOf(context, request);
    const asked = readListQuery(request);
    const found = await containers.list(scope.id, kind.kind, { ...asked, limit: asked.size + 1 });
    const shown = found.slice(0, asked.size);
    const value = await Promise.all(shown.map((container) => wire(scope, container)));
    const last = shown.at(-1);
    return found.length > shown.length && last && !asked.isWhole
      ? { value, nextLink: nextLink(request, String(last.sequence)) }
      : { value };
  });
  service.get(`${path}/:name`, async (request) => {
    const scope = await home.scopeOf(context, request);
    const name = parameter(request, 'name');
    const container = await containers.find(scope.id, kind.kind, name);
    if (!container) throw assetNotFound(home, kind, name);
    return wire(scope, container);
  });
  service.put(`${path}/:name`, async (request, reply) => {
    const scope = await home.scopeOf(context, request);
    const name = checkName(kind.singular, parameter(request, 'name'));
    const properties = storedProperties(objectField(request.body, 'properties'));
    const created = await containers.put(scope.id, kind.kind, name, properties);
    const container = (await containers.find(scope.id, kind.kind, name)) as AssetContainer;
    reply.code(created ? 201 : 200);
    return wire(scope, container);
  });
  service.delete(`${path}/:name`, async (request, reply) => {
    const scope = await home.scopeOf(context, request);
    const removed = await containers.remove(scope.id, kind.kind, parameter(request, 'name'));
    return reply.code(removed ? 200 : 204).send();
  });
}
