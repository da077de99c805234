import type { Command } from '../../../command.ts';
import { nameArgument } from '../../../shared-arguments.ts';
import { withResourceGroups } from '../entity.ts';
import { ASSET_API } from '../references.ts';
import { openWorkspace, segment, workspaceArguments } from '../workspace/scope.ts';
import { type ComputeResource, computeEntity } from './compute-entity.ts';

export const command: Command = {
  name: 'ml compute show',
  summary: 'Show details for a compute target.',
  arguments: [...workspaceArguments, nameArgument('compute target')],
  async run(context, args) {
    const workspace = await openWorkspace(context, args);
    const path = workspace.path(`/computes/${segment(args.need('name'))}`);
    return withResourceGroups(
      computeEntity(await workspace.arm.json<ComputeResource>({ path, apiVersion: ASSET_API.computes })),
    );
  },
};
