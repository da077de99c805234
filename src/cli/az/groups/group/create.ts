import type { Command } from '../../command.ts';
import { keyValues } from '../../key-values.ts';
import { GROUP_API, groupArgument, groupPath } from './resource-group.ts';

export const command: Command = {
  name: 'group create',
  summary: 'Create a new resource group.',
  arguments: [
    groupArgument,
    {
      name: 'location',
      options: ['--location', '-l'],
      kind: 'value',
      required: true,
      configured: 'location',
      help: 'Location, for example eastus.',
    },
    { name: 'tags', options: ['--tags'], kind: 'pairs', help: 'Space-separated tags: key[=value] [key[=value] ...].' },
    {
      name: 'managed_by',
      options: ['--managed-by'],
      kind: 'value',
      help: 'The ID of the resource that manages this resource group.',
    },
  ],
  examples: [{ text: 'Create a new resource group', command: 'az group create -l eastus -n MyResourceGroup' }],
  async run(context, args) {
    const arm = await context.arm();
    const tags = args.list('tags');
    const managedBy = args.text('managed_by');
    return arm.json({
      method: 'PUT',
      path: groupPath(arm.subscriptionId, args.need('name')),
      apiVersion: GROUP_API,
      body: {
        location: args.need('location'),
        ...(tags ? { tags: keyValues(tags) } : {}),
        ...(managedBy ? { managedBy } : {}),
      },
    });
  },
};
