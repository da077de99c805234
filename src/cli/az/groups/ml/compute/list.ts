import type { Command } from '../../../command.ts';
import { withResourceGroups } from '../entity.ts';
import { maxResults, maxResultsArgument } from '../list-arguments.ts';
import { ASSET_API } from '../references.ts';
import { openWorkspace, workspaceArguments } from '../workspace/scope.ts';
import { type ComputeResource, computeEntity } from './compute-entity.ts';

export const command: Command = {
  name: 'ml compute list',
  summary: 'List the compute targets in a workspace.',
  arguments: [
    ...workspaceArguments,
    maxResultsArgument,
    { name: 'type', options: ['--type'], kind: 'value', help: 'The type of compute target.' },
  ],
  table: (result) =>
    (result as Record<string, unknown>[]).map((item) => ({
      name: item['name'],
      'compute type': item['type'],
      state: item['state'] ?? item['provisioning_state'],
      'Instance type': item['size'] ?? null,
    })),
  async run(context, args) {
    const workspace = await openWorkspace(context, args);
    const limit = maxResults(args);
    const all = await workspace.arm.list<ComputeResource>(
      { path: workspace.path('/computes'), apiVersion: ASSET_API.computes },
      limit,
    );
    const type = args.text('type')?.toLowerCase();
    const entities = all.map(computeEntity).filter((entity) => type === undefined || entity['type'] === type);
    return withResourceGroups(entities);
  },
};
