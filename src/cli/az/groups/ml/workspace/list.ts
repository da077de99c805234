import type { Command } from '../../../command.ts';
import { maxResults, maxResultsArgument } from '../list-arguments.ts';
import { groupArgument, WORKSPACE_API, type WorkspaceResource } from './scope.ts';
import { workspaceEntity } from './workspace-entity.ts';

export const command: Command = {
  name: 'ml workspace list',
  summary: 'List all the workspaces in a subscription.',
  arguments: [
    { ...groupArgument, required: false },
    maxResultsArgument,
    {
      name: 'filtered_kinds',
      options: ['--filtered-kinds'],
      kind: 'value',
      help: 'The kinds of workspaces that are listed, separated by commas: default, hub, project.',
    },
  ],
  table: (result) =>
    (result as Record<string, unknown>[]).map((item) => ({
      name: item['name'],
      location: item['location'],
      description: item['description'] ?? null,
    })),
  async run(context, args) {
    const arm = await context.arm();
    const group = args.text('group');
    const below = group === undefined ? '' : `/resourceGroups/${encodeURIComponent(group)}`;
    const path = `/subscriptions/${arm.subscriptionId}${below}/providers/Microsoft.MachineLearningServices/workspaces`;
    const query = { kind: args.text('filtered_kinds') };
    return (await arm.list<WorkspaceResource>({ path, apiVersion: WORKSPACE_API, query }, maxResults(args))).map(
      workspaceEntity,
    );
  },
};
