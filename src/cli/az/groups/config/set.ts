import type { Command } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { sectionAndName } from './settings.ts';

export const command: Command = {
  name: 'config set',
  summary: 'Set a configuration.',
  arguments: [
    {
      name: 'pairs',
      options: [],
      kind: 'list',
      required: true,
      help: 'Space-separated configurations: <section>.<name>=<value>.',
    },
    { name: 'local', options: ['--local'], kind: 'flag', hidden: true, help: 'Set in the working directory.' },
  ],
  examples: [{ text: 'Set a default resource group', command: 'az config set defaults.group=my-group' }],
  async run(context, args) {
    if (args.flag('local')) throw usageError('not implemented: az config set --local. Set it without --local.');
    for (const pair of args.list('pairs') ?? []) {
      const at = pair.indexOf('=');
      if (at < 1) throw usageError(`Invalid configuration '${pair}'. Use <section>.<name>=<value>.`);
      const [section, name] = sectionAndName(pair.slice(0, at));
      context.config.set(section, { [name]: pair.slice(at + 1) });
    }
    return undefined;
  },
};
