import type { Argument } from '../../command.ts';

/** `account` commands name the subscription by more spellings than others do. */
export const subscriptionArgument: Argument = {
  name: 'subscription',
  options: ['--name', '--subscription', '-n', '-s'],
  kind: 'value',
  help: 'Name or ID of subscription.',
};
