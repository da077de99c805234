import type { Command } from '../../../command.ts';
import { nameArgument } from '../../../shared-arguments.ts';
import { ASSET_API } from '../references.ts';
import { openWorkspace, segment, workspaceArguments } from '../workspace/scope.ts';

export const command: Command = {
  name: 'ml datastore delete',
  summary: 'Delete a datastore.',
  arguments: [...workspaceArguments, nameArgument('datastore')],
  async run(context, args) {
    const { arm, path } = await openWorkspace(context, args);
    await arm.send({
      method: 'DELETE',
      path: path(`/datastores/${segment(args.need('name'))}`),
      apiVersion: ASSET_API.datastores,
    });
    return undefined;
  },
};
