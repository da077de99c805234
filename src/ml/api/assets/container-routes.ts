import { type ArmContext, checkName } from '../../arm/context.ts';
import type { AssetContainer } from '../../containers.ts';
import { checkNotCurated } from '../../curated-assets.ts';
import { objectField } from '../../wire-fields.ts';
import { assetNotFound } from './absent.ts';
import { type AssetRequest, type AssetRoutes, isOlderRegistryClient } from './asset-request.ts';
import { containerWire, storedProperties } from './asset-wire.ts';
import { linkAfter, readListQuery } from './list-query.ts';

/** Containers of assets: what the versions of a name have in common. */
export function addContainerRoutes(on: AssetRoutes, context: ArmContext): void {
  const { containers } = context;
  const wire = async ({ home, scope, kind, assets }: AssetRequest, container: AssetContainer) => {
    const [latest, next] = await Promise.all([assets.latest(container.name), assets.nextVersion(container.name)]);
    return containerWire(home, scope, kind, container, latest, next);
  };

  on('GET', '', async (asked) => {
    const wanted = readListQuery(asked.request);
    const found = await asked.assets.containers({ ...wanted, limit: wanted.size + 1 });
    const shown = found.slice(0, wanted.size);
    const value = await Promise.all(shown.map((container) => wire(asked, container)));
    const last = shown.at(-1);
    return found.length > shown.length && last && !wanted.isWhole
      ? { value, nextLink: linkAfter(asked.request, last.sequence) }
      : { value };
  });
  on('GET', '/:name', async (asked) => {
    const container = await asked.assets.container(asked.name);
    if (!container) throw assetNotFound(asked.home, asked.kind, asked.name);
    return wire(asked, container);
  });
  on('PUT', '/:name', async (asked) => {
    const { scope, kind } = asked;
    const name = checkName(kind.singular, asked.name);
    checkNotCurated(scope.curated, kind.kind, name);
    const properties = storedProperties(objectField(asked.request.body, 'properties'));
    const created = await containers.put(scope.id, kind.kind, name, properties);
    const container = (await containers.find(scope.id, kind.kind, name)) as AssetContainer;
    asked.reply.code(created || isOlderRegistryClient(asked.home, asked.request) ? 201 : 200);
    return wire(asked, container);
  });
  on('DELETE', '/:name', async ({ reply, scope, kind, name }) => {
    const removed = await containers.remove(scope.id, kind.kind, name);
    return reply.code(removed ? 200 : 204).send();
  });
}
