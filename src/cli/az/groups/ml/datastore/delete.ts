import type { Command } from '../../../command.ts';
import { ASSET_API } from '../references.ts';
import { openWorkspace, segment, workspaceArguments } from '../workspace/scope.ts';

export const command: Command = {
  name: 'ml datastore delete',
  summary: 'Delete a datastore.',
  arguments: [
    ...workspaceArguments,
    { name: 'name', options: ['--name', '-n'], kind: 'value', required: true, help: 'Name of the datastore.' },
  ],
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
