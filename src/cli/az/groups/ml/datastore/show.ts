import type { Command } from '../../../command.ts';
import { nameArgument } from '../../../shared-arguments.ts';
import { withResourceGroups } from '../entity.ts';
import { ASSET_API } from '../references.ts';
import { openWorkspace, segment, workspaceArguments } from '../workspace/scope.ts';
import { datastoreEntity } from './datastore-entity.ts';
import type { DatastoreResource } from './storage.ts';

export const command: Command = {
  name: 'ml datastore show',
  summary: 'Show details for a datastore.',
  arguments: [...workspaceArguments, nameArgument('datastore')],
  async run(context, args) {
    const workspace = await openWorkspace(context, args);
    const path = workspace.path(`/datastores/${segment(args.need('name'))}`);
    return withResourceGroups(
      datastoreEntity(await workspace.arm.json<DatastoreResource>({ path, apiVersion: ASSET_API.datastores })),
    );
  },
};
