import type { Command } from '../../../../command.ts';
import { confirm } from '../../../../confirm.ts';
import { noWaitArgument, yesArgument } from '../../../../shared-arguments.ts';
import { openWorkspace, workspaceArguments } from '../scope.ts';
import { RULE_API, ruleArgument, rulePath } from './rule-api.ts';

export const command: Command = {
  name: 'ml workspace outbound-rule remove',
  summary: 'Remove an outbound rule from the managed network of a workspace.',
  arguments: [...workspaceArguments, ruleArgument, yesArgument, noWaitArgument],
  async run(context, args) {
    await confirm(args, 'Are you sure you want to perform this operation?');
    const workspace = await openWorkspace(context, args);
    const path = rulePath(workspace, args.need('rule'));
    await workspace.arm.operate({ method: 'DELETE', path, apiVersion: RULE_API }, !args.flag('no_wait'));
    return undefined;
  },
};
