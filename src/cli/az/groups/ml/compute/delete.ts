import type { Command } from '../../../command.ts';
import { confirm } from '../../../confirm.ts';
import { nameArgument, noWaitArgument, yesArgument } from '../../../shared-arguments.ts';
import { ASSET_API } from '../references.ts';
import { openWorkspace, segment, workspaceArguments } from '../workspace/scope.ts';

export const command: Command = {
  name: 'ml compute delete',
  summary: 'Delete a compute target.',
  arguments: [...workspaceArguments, nameArgument('compute target'), yesArgument, noWaitArgument],
  async run(context, args) {
    await confirm(args, 'Are you sure you want to perform this operation?');
    const workspace = await openWorkspace(context, args);
    const path = workspace.path(`/computes/${segment(args.need('name'))}`);
    const query = { underlyingResourceAction: 'Delete' };
    await workspace.arm.operate(
      { method: 'DELETE', path, apiVersion: ASSET_API.computes, query },
      !args.flag('no_wait'),
    );
    return undefined;
  },
};
