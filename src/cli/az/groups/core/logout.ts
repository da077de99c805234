import type { Command } from '../../command.ts';
import { commandError } from '../../errors.ts';
import { openProfile } from '../../profile.ts';

export const command: Command = {
  name: 'logout',
  summary: 'Log out to remove access to Azure subscriptions.',
  arguments: [
    {
      name: 'username',
      options: ['--username'],
      kind: 'value',
      help: 'Account user, if missing, logout the current active account.',
    },
  ],
  async run(context, args) {
    const profile = openProfile(context.config.directory);
    const all = profile.subscriptions();
    const name = args.text('username') ?? all.find((one) => one.isDefault)?.user.name;
    if (!name) throw commandError('There are no active accounts.');
    const rest = all.filter((one) => one.user.name.toLowerCase() !== name.toLowerCase());
    if (rest.length === all.length) throw commandError(`account '${name}' does not exist`);
    profile.removeCredential(name);
    const hasDefault = rest.some((one) => one.isDefault);
    profile.save(rest.map((one, at) => (hasDefault ? one : { ...one, isDefault: at === 0 })));
    return undefined;
  },
};
