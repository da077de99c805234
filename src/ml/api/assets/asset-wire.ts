import { systemData } from '../../arm/context.ts';
import type { AssetContainer } from '../../containers.ts';
import type { AssetVersion } from '../../versions.ts';
import type { Json } from '../../wire-fields.ts';
import type { Kind } from './kinds.ts';
import type { AssetHome, AssetScope } from './scopes.ts';

/** What the server itself says of an asset: sent back by clients, never stored. */
const READ_ONLY = new Set(['provisioningstate', 'latestversion', 'nextversion']);

/** `properties` of a request as they are stored: without nulls and what only the server says. */
export function storedProperties(properties: Json): Json {
  return Object.fromEntries(
    Object.entries(properties).filter(
      ([key, value]) => value !== null && value !== undefined && !READ_ONLY.has(key.toLowerCase()),
    ),
  );
}

/** A version as ARM shows it. */
export function versionWire(home: AssetHome, scope: AssetScope, kind: Kind, asset: AssetVersion) {
  return {
    id: `${scope.assetId(kind.kind, asset.name)}/versions/${asset.version}`,
    name: asset.version,
    type: `${home.type}/${kind.kind}/versions`,
    systemData: {
      ...systemData(asset.createdAt, asset.createdBy ?? 'millrace', asset.modifiedAt),
      ...(asset.modifiedBy === undefined ? {} : { lastModifiedBy: asset.modifiedBy }),
    },
    properties: {
      description: null,
      tags: {},
      properties: {},
      isArchived: false,
      isAnonymous: false,
      // Clients go through them without a look whether there are any (azure-ai-ml 1.35, seen).
      ...(kind.kind === 'models' ? { flavors: {} } : {}),
      ...asset.properties,
      // Whatever was sent (recorded).
      ...(kind.kind === 'codes' ? { isAnonymous: false } : {}),
      provisioningState: 'Succeeded',
    },
  };
}

/** A container as ARM shows it, with what its newest version tells where nobody described it. */
export function containerWire(
  home: AssetHome,
  scope: AssetScope,
  kind: Kind,
  container: AssetContainer,
  latest: AssetVersion | undefined,
  nextVersion: string,
) {
  return {
    id: scope.assetId(kind.kind, container.name),
    name: container.name,
    type: `${home.type}/${kind.kind}`,
    systemData: systemData(container.createdAt, 'millrace', container.modifiedAt ?? latest?.createdAt),
    properties: {
      description: latest?.properties['description'] ?? null,
      tags: {},
      properties: {},
      isArchived: false,
      ...(kind.kind === 'data'
        ? { dataType: latest?.properties['dataType'] ?? 'uri_folder' }
        : { provisioningState: 'Succeeded' }),
      ...container.properties,
      latestVersion: latest?.version ?? null,
      nextVersion,
    },
  };
}
