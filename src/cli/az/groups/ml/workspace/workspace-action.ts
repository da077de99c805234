import type { Argument, Command } from '../../../command.ts';
import { noWaitArgument } from '../../../shared-arguments.ts';
import { groupArgument, nameOfWorkspace, WORKSPACE_API, workspaceOf } from './scope.ts';

/**
 * A command that asks a workspace to do something and waits for its end.
 * @param word the command's name
 * @param below the operation's path below the workspace
 * @param more further arguments, and what they make the body of
 */
export function workspaceAction(
  word: string,
  summary: string,
  below: string,
  more: {
    readonly arguments?: readonly Argument[];
    body?(flag: (name: string) => boolean): unknown;
    shown?(result: unknown): unknown;
  } = {},
): Command {
  return {
    name: `ml workspace ${word}`,
    summary,
    arguments: [groupArgument, nameOfWorkspace, ...(more.arguments ?? []), noWaitArgument],
    async run(context, args) {
      const workspace = workspaceOf(await context.arm(), args.need('group'), args.need('name'));
      const body = more.body?.(args.flag);
      const result = await workspace.arm.operate<unknown>(
        {
          method: 'POST',
          path: workspace.path(`/${below}`),
          apiVersion: WORKSPACE_API,
          ...(body === undefined ? {} : { body }),
        },
        !args.flag('no_wait'),
      );
      return more.shown ? more.shown(result) : result;
    },
  };
}
