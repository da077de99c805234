import { withResourceGroups } from '../entity.ts';
import { ASSET_API } from '../references.ts';
import type { Workspace } from '../workspace/scope.ts';
import { segment } from '../workspace/scope.ts';
import { datastoreEntity } from './datastore-entity.ts';
import type { DatastoreResource } from './storage.ts';

/** Puts a datastore, as the clients do without asking the storage whether it is there. @returns it as az prints it */
export async function putDatastore(
  workspace: Workspace,
  name: string,
  properties: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const created = await workspace.arm.json<DatastoreResource>({
    method: 'PUT',
    path: workspace.path(`/datastores/${segment(name)}`),
    apiVersion: ASSET_API.datastores,
    query: { skipValidation: 'true' },
    body: { properties },
  });
  return withResourceGroups(datastoreEntity(created));
}
