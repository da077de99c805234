import type { Command } from '../../../../command.ts';
import { openWorkspace, workspaceArguments } from '../scope.ts';
import { RULE_API, ruleArgument, rulePath } from './rule-api.ts';
import { type RuleResource, ruleEntity } from './rule-entity.ts';

export const command: Command = {
  name: 'ml workspace outbound-rule show',
  summary: 'Show details for a managed network outbound rule in a workspace.',
  arguments: [...workspaceArguments, ruleArgument],
  async run(context, args) {
    const workspace = await openWorkspace(context, args);
    const path = rulePath(workspace, args.need('rule'));
    return ruleEntity(await workspace.arm.json<RuleResource>({ path, apiVersion: RULE_API }));
  },
};
