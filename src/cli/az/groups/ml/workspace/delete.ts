import type { Command } from '../../../command.ts';
import { confirm } from '../../../confirm.ts';
import { noWaitArgument, yesArgument } from '../../../shared-arguments.ts';
import { groupArgument, nameOfWorkspace, WORKSPACE_API, workspaceOf } from './scope.ts';

export const command: Command = {
  name: 'ml workspace delete',
  summary: 'Delete a workspace.',
  arguments: [
    groupArgument,
    nameOfWorkspace,
    {
      name: 'all_resources',
      options: ['--all-resources'],
      kind: 'flag',
      help: 'Delete its storage account, key vault, application insights and container registry too.',
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
    const { arm } = workspace;
    const associated: string[] = [];
    if (args.flag('all_resources')) {
      const { properties } = await arm.json<{ properties: Record<string, unknown> }>({
        path: workspace.path(''),
        apiVersion: WORKSPACE_API,
      });
      for (const name of ['applicationInsights', 'storageAccount', 'keyVault', 'containerRegistry'])
        if (typeof properties[name] === 'string') associated.push(properties[name]);
    }
    // What a workspace needs goes first, as the public client has it.
    for (const path of associated)
      await arm.operate({ method: 'DELETE', path, apiVersion: WORKSPACE_API }, !args.flag('no_wait'));
    const query = args.flag('permanently') ? { forceToPurge: 'true' } : {};
    await arm.operate(
      { method: 'DELETE', path: workspace.path(''), apiVersion: WORKSPACE_API, query },
      !args.flag('no_wait'),
    );
    return undefined;
  },
};
