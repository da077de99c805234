import type { Command } from '../../../command.ts';
import { confirm } from '../../../confirm.ts';
import { noWaitArgument, yesArgument } from '../../../shared-arguments.ts';
import { groupArgument, nameOfWorkspace, WORKSPACE_API, workspaceOf } from './scope.ts';

export const command: Command = {
  name: 'ml workspace delete',
  summary: 'Delete a workspace.',
  arguments: [
    groupArgument,
    { ...nameOfWorkspace, required: true },
    {
      name: 'all_resources',
      options: ['--all-resources'],
      kind: 'flag',
      help: 'Delete all the resources of the workspace too. Here they always go with it.',
    },
    {
      name: 'permanently',
      options: ['--permanently-delete', '-p'],
      kind: 'flag',
      help: 'Permanently delete the workspace.',
    },
    yesArgument,
    noWaitArgument,
  ],
  async run(context, args) {
    await confirm(args, 'Are you sure you want to perform this operation?');
    const workspace = workspaceOf(await context.arm(), args.need('group'), args.need('name'));
    const query = args.flag('permanently') ? { forceToPurge: 'true' } : {};
    await workspace.arm.operate(
      { method: 'DELETE', path: workspace.path(''), apiVersion: WORKSPACE_API, query },
      !args.flag('no_wait'),
    );
    return undefined;
  },
};
