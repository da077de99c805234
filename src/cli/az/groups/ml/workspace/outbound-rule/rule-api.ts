import type { Argument } from '../../../../command.ts';
import { segment, type Workspace } from '../scope.ts';

export const RULE_API = '2024-10-01-preview';

export const ruleArgument: Argument = {
  name: 'rule',
  options: ['--rule'],
  kind: 'value',
  required: true,
  help: 'Name of the outbound rule.',
};

export const rulePath = (workspace: Workspace, rule: string): string =>
  workspace.path(`/outboundRules/${segment(rule)}`);
