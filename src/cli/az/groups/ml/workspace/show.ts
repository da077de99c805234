import type { Command } from '../../../command.ts';
import { groupArgument, nameOfWorkspace, workspaceOf } from './scope.ts';
import { workspaceEntity } from './workspace-entity.ts';

export const command: Command = {
  name: 'ml workspace show',
  summary: 'Show details for a workspace.',
  arguments: [groupArgument, nameOfWorkspace],
  async run(context, args) {
    const workspace = workspaceOf(await context.arm(), args.need('group'), args.need('name'));
    return workspaceEntity(await workspace.resource());
  },
};
