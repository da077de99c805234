import type { Command } from '../../command.ts';
import { confirm } from '../../confirm.ts';
import { noWaitArgument, yesArgument } from '../../shared-arguments.ts';
import { GROUP_API, groupArgument, groupPath } from './resource-group.ts';

export const command: Command = {
  name: 'group delete',
  summary: 'Delete a resource group.',
  arguments: [groupArgument, yesArgument, noWaitArgument],
  async run(context, args) {
    await confirm(args, 'Are you sure you want to perform this operation?');
    const arm = await context.arm();
    const path = groupPath(arm.subscriptionId, args.need('name'));
    await arm.operate({ method: 'DELETE', path, apiVersion: GROUP_API }, !args.flag('no_wait'));
    return undefined;
  },
};
