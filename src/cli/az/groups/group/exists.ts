import type { Command } from '../../command.ts';
import { GROUP_API, groupArgument, groupPath } from './resource-group.ts';

export const command: Command = {
  name: 'group exists',
  summary: 'Check if a resource group exists.',
  arguments: [groupArgument],
  async run(context, args) {
    const arm = await context.arm();
    const path = groupPath(arm.subscriptionId, args.need('name'));
    return (await arm.find({ path, apiVersion: GROUP_API })) !== undefined;
  },
};
