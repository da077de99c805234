import type { Command } from '../../command.ts';
import { openProfile } from '../../profile.ts';
import { accountView } from './view.ts';

export const command: Command = {
  name: 'account list',
  summary: 'Get a list of subscriptions for the logged in account.',
  arguments: [
    { name: 'all', options: ['--all'], kind: 'flag', help: 'List all subscriptions, rather than just Enabled ones.' },
    {
      name: 'refresh',
      options: ['--refresh'],
      kind: 'flag',
      hidden: true,
      help: 'Retrieve up-to-date subscriptions from server.',
    },
  ],
  table: (result) =>
    (result as Record<string, unknown>[]).map((one) => ({
      Name: one['name'],
      CloudName: one['cloudName'],
      SubscriptionId: one['id'],
      TenantId: one['tenantId'],
      State: one['state'],
      IsDefault: one['isDefault'],
    })),
  async run(context, args) {
    const all = openProfile(context.config.directory).subscriptions();
    if (all.length === 0) context.warn('Please run "az login" to access your accounts.');
    return all.filter((one) => args.flag('all') || one.state === 'Enabled').map(accountView);
  },
};
