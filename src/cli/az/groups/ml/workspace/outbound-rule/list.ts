import type { Command } from '../../../../command.ts';
import { openWorkspace, workspaceArguments } from '../scope.ts';
import { RULE_API } from './rule-api.ts';
import { type RuleResource, ruleEntity } from './rule-entity.ts';

export const command: Command = {
  name: 'ml workspace outbound-rule list',
  summary: 'List all the managed network outbound rules for a workspace.',
  arguments: workspaceArguments,
  async run(context, args) {
    const { arm, path } = await openWorkspace(context, args);
    return (await arm.list<RuleResource>({ path: path('/outboundRules'), apiVersion: RULE_API })).map(ruleEntity);
  },
};
