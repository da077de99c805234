import type { FastifyRequest } from 'fastify';
import { type ArmContext, PROVIDER, WORKSPACE, workspaceOf } from '../../arm/context.ts';
import { longDatastoreUri, parseDatastoreUri, workspaceResourceId } from '../../places.ts';
import type { AssetKind } from '../../versions.ts';

/** What assets belong to: a workspace. */
export type AssetScope = {
  /** By which rows are kept. */
  readonly id: string;
  /** Its storage account. */
  readonly account: string;
  readonly storageAccountArmId: string;
  /** The id of an asset, without its version. */
  readonly assetId: (kind: AssetKind, name: string) => string;
  /** The address of a place in storage as the service stores it, whatever form it came in (recorded). */
  readonly storedUri: (uri: string) => string;
  /** Where what a job or a run left lies, by the names that clients give it. @throws not-found */
  readonly placeOf: (uri: string) => Promise<string>;
};

/** A kind of thing that has assets, and where its routes are. */
export type AssetHome = {
  readonly kind: 'workspaces';
  readonly path: string;
  readonly type: string;
  readonly scopeOf: (context: ArmContext, request: FastifyRequest) => Promise<AssetScope>;
};

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
      storageAccountArmId: `/subscriptions/${workspace.subscriptionId}/resourceGroups/${workspace.resourceGroup}/providers/Microsoft.Storage/storageAccounts/${workspace.storageAccount}`,
      assetId: (kind, name) => `${id}/${kind}/${name}`,
      storedUri(uri) {
        const place = parseDatastoreUri(uri);
        return place && !place.scope ? longDatastoreUri(workspace, place.datastore, place.path) : uri;
      },
      placeOf: async (uri) => (await context.data.resolve(workspace, uri)).uri,
    };
  },
};

export const HOMES: readonly AssetHome[] = [workspaceHome];
