import type { Command } from '../../../command.ts';
import { confirm } from '../../../confirm.ts';
import { nameArgument, noWaitArgument, yesArgument } from '../../../shared-arguments.ts';
import { ASSET_API } from '../references.ts';
import { openWorkspace, segment, workspaceArguments } from '../workspace/scope.ts';

/** The command that takes a compute out of its workspace: with what it stands for (`delete`), or without (`detach`). */
export function removeCompute(word: 'delete' | 'detach', summary: string): Command {
  return {
    name: `ml compute ${word}`,
    summary,
    arguments: [...workspaceArguments, nameArgument('compute target'), yesArgument, noWaitArgument],
    async run(context, args) {
      await confirm(args, 'Are you sure you want to perform this operation?');
      const { arm, path } = await openWorkspace(context, args);
      const request = {
        method: 'DELETE',
        path: path(`/computes/${segment(args.need('name'))}`),
        apiVersion: ASSET_API.computes,
        query: { underlyingResourceAction: word === 'delete' ? 'Delete' : 'Detach' },
      };
      await arm.operate(request, !args.flag('no_wait'));
      return undefined;
    },
  };
}
