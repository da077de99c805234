import type { Command } from '../../command.ts';
import { commandError } from '../../errors.ts';
import { openProfile } from '../../profile.ts';
import { subscriptionArgument } from './subscription-argument.ts';

export const command: Command = {
  name: 'account set',
  summary: 'Set a subscription to be the current active subscription.',
  arguments: [{ ...subscriptionArgument, required: true }],
  async run(context, args) {
    const wanted = args.need('subscription').toLowerCase();
    const profile = openProfile(context.config.directory);
    const all = profile.subscriptions();
    const byId = all.filter((one) => one.id.toLowerCase() === wanted);
    const matches = byId.length ? byId : all.filter((one) => one.name.toLowerCase() === wanted);
    if (matches.length === 0) {
      throw commandError(`The subscription of '${args.need('subscription')}' doesn't exist in cloud 'AzureCloud'.`);
    }
    if (matches.length > 1)
      throw commandError(
        `Multiple subscriptions with the name '${args.need('subscription')}' found. Specify the subscription ID.`,
      );
    profile.save(all.map((one) => ({ ...one, isDefault: one === matches[0] })));
    return undefined;
  },
};
