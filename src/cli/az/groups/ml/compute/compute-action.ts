import type { Command } from '../../../command.ts';
import { nameArgument, noWaitArgument } from '../../../shared-arguments.ts';
import { ASSET_API } from '../references.ts';
import { openWorkspace, segment, workspaceArguments } from '../workspace/scope.ts';

/** The command that starts, stops or restarts a compute. Prints nothing. */
export function computeAction(word: 'start' | 'stop' | 'restart', summary: string): Command {
  return {
    name: `ml compute ${word}`,
    summary,
    arguments: [...workspaceArguments, nameArgument('compute target'), noWaitArgument],
    async run(context, args) {
      const { arm, path } = await openWorkspace(context, args);
      const request = {
        method: 'POST',
        path: path(`/computes/${segment(args.need('name'))}/${word}`),
        apiVersion: ASSET_API.computes,
        repeatable: word !== 'restart',
      };
      await arm.operate(request, !args.flag('no_wait'));
      return undefined;
    },
  };
}
