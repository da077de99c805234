import type { Command } from '../../../command.ts';
import { withResourceGroups } from '../entity.ts';
import { maxResults, maxResultsArgument } from '../list-arguments.ts';
import { ASSET_API } from '../references.ts';
import { openWorkspace, workspaceArguments } from '../workspace/scope.ts';
import { datastoreEntity } from './datastore-entity.ts';
import type { DatastoreResource } from './storage.ts';

export const command: Command = {
  name: 'ml datastore list',
  summary: 'List datastores in a workspace.',
  arguments: [...workspaceArguments, maxResultsArgument],
  table: (result) =>
    (result as Record<string, unknown>[]).map((item) => ({
      name: item['name'],
      'storage type': item['type'],
      'storage account name': item['account_name'],
    })),
  async run(context, args) {
    const workspace = await openWorkspace(context, args);
    const limit = maxResults(args);
    const all = await workspace.arm.list<DatastoreResource>(
      { path: workspace.path('/datastores'), apiVersion: ASSET_API.datastores },
      limit,
    );
    return withResourceGroups(all.map(datastoreEntity));
  },
};
