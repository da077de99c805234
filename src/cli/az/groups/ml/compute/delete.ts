import type { Command } from '../../../command.ts';
import { confirm } from '../../../confirm.ts';
import { ASSET_API } from '../references.ts';
import { openWorkspace, segment, workspaceArguments } from '../workspace/scope.ts';

export const command: Command = {
  name: 'ml compute delete',
  summary: 'Delete a compute target.',
  arguments: [
    ...workspaceArguments,
    { name: 'name', options: ['--name', '-n'], kind: 'value', required: true, help: 'Name of the compute target.' },
    { name: 'yes', options: ['--yes', '-y'], kind: 'flag', help: 'Do not prompt for confirmation.' },
    {
      name: 'no_wait',
      options: ['--no-wait'],
      kind: 'flag',
      help: 'Do not wait for the long-running operation to finish.',
    },
  ],
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
