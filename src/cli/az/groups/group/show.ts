import type { Command } from '../../command.ts';
import { GROUP_API, groupArgument, groupPath } from './resource-group.ts';

export const command: Command = {
  name: 'group show',
  summary: 'Gets a resource group.',
  arguments: [groupArgument],
  async run(context, args) {
    const arm = await context.arm();
    return arm.json({ path: groupPath(arm.subscriptionId, args.need('name')), apiVersion: GROUP_API });
  },
};
