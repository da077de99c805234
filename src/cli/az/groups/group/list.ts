import type { Command } from '../../command.ts';
import { GROUP_API, groupPath } from './resource-group.ts';

export const command: Command = {
  name: 'group list',
  summary: 'List resource groups.',
  arguments: [{ name: 'tag', options: ['--tag'], kind: 'value', help: 'A single tag in key[=value] format.' }],
  table: (result) =>
    (result as { name: string; location: string; properties?: { provisioningState?: string } }[]).map((group) => ({
      Name: group.name,
      Location: group.location,
      Status: group.properties?.provisioningState,
    })),
  async run(context, args) {
    const arm = await context.arm();
    const groups = await arm.list<{ tags?: Record<string, string> }>({
      path: groupPath(arm.subscriptionId),
      apiVersion: GROUP_API,
    });
    const tag = args.text('tag');
    if (tag === undefined) return groups;
    const [key = '', value] = tag.split(/=(.*)/s);
    return groups.filter((group) =>
      value === undefined ? group.tags && key in group.tags : group.tags?.[key] === value,
    );
  },
};
