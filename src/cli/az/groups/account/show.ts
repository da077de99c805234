import type { Command } from '../../command.ts';
import { openProfile } from '../../profile.ts';
import { pickSubscription } from '../../session.ts';
import { subscriptionArgument } from './subscription-argument.ts';

export const command: Command = {
  name: 'account show',
  summary: 'Get the details of a subscription.',
  arguments: [subscriptionArgument],
  run: async (context, args) => pickSubscription(openProfile(context.config.directory), args.text('subscription')),
};
