import type { Command } from '../../command.ts';
import { openProfile } from '../../profile.ts';

export const command: Command = {
  name: 'account clear',
  summary: "Clear all subscriptions from the CLI's local cache.",
  arguments: [],
  async run(context) {
    openProfile(context.config.directory).clear();
    return undefined;
  },
};
