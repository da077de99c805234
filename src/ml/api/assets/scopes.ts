import type { FastifyRequest } from 'fastify';
import { invalid } from '../../../kernel/errors.ts';
import { type ArmContext, PROVIDER, WORKSPACE, workspaceOf } from '../../arm/context.ts';
import { REGISTRY, registryOf, writableRegistryOf } from '../../arm/registry-of.ts';
import { type CuratedAssets, curatedAssets } from '../../curated-assets.ts';
import { longDatastoreUri, parseDatastoreUri, storageAccountId, workspaceResourceId } from '../../places.ts';
import { isCuratedRegistry } from '../../registries.ts';
import { registryAssetId } from '../../registry-reference.ts';
import type { AssetKind } from '../../versions.ts';

/** What assets belong to: a workspace or a registry. */
export type AssetScope = {
  /** By which rows are kept. */
  readonly id: string;
  /** Its storage account. */
  readonly account: string;
  readonly storageAccountArmId: string;
  /** The curated environments that it shows. */
  readonly curated?: CuratedAssets;
  /** The id of an asset, without its version. */
  readonly assetId: (kind: AssetKind, name: string) => string;
  /** The address of a place in storage as the service stores it, whatever form it came in (recorded). */
  readonly storedUri: (uri: string) => string;
  /** Where what a job or a run left lies, by the names that clients give it. @throws not-found */
  readonly placeOf: (uri: string) => Promise<string>;
};

/** A kind of thing that has assets, and where its routes are. */
export type AssetHome = {
  readonly kind: 'workspaces' | 'registries';
  readonly path: string;
  readonly type: string;
  readonly scopeOf: (context: ArmContext, request: FastifyRequest) => Promise<AssetScope>;
};

const curatedInWorkspaces = curatedAssets('AzureML-');
const curatedInRegistry = curatedAssets('');

const workspaceHome: AssetHome = {
  kind: 'workspaces',
  path: WORKSPACE,
  type: `${PROVIDER}/workspaces`,
  async scopeOf(context, request) {
    const workspace = await workspaceOf(context, request);
    const id = workspaceResourceId(workspace);
    return {
      id: workspace.id,
      account: workspace.storageAccount,
      storageAccountArmId: storageAccountId(workspace),
      curated: curatedInWorkspaces,
      assetId: (kind, name) => `${id}/${kind}/${name}`,
      storedUri(uri) {
        const place = parseDatastoreUri(uri);
        return place && !place.scope ? longDatastoreUri(workspace, place.datastore, place.path) : uri;
      },
      placeOf: async (uri) => (await context.data.resolve(workspace, uri)).uri,
    };
  },
};

const registryHome: AssetHome = {
  kind: 'registries',
  path: REGISTRY,
  type: `${PROVIDER}/registries`,
  async scopeOf(context, request) {
    const registry = await (request.method === 'GET' ? registryOf : writableRegistryOf)(context, request);
    return {
      id: registry.id,
      account: registry.storageAccount,
      storageAccountArmId: storageAccountId(registry),
      ...(isCuratedRegistry(registry) ? { curated: curatedInRegistry } : {}),
      assetId: (kind, name) => registryAssetId(registry.name, kind, name),
      storedUri: (uri) => uri,
      async placeOf(uri) {
        throw invalid(
          `'${uri.slice(0, 200)}' is of a workspace, and the registry ${registry.name} has no jobs. Make the asset in the workspace, then share it: az ml model share.`,
          { wire: 'UserError' },
        );
      },
    };
  },
};

export const HOMES: readonly AssetHome[] = [workspaceHome, registryHome];
