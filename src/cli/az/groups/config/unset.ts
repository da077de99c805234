import type { Command } from '../../command.ts';
import { sectionAndName } from './settings.ts';

export const command: Command = {
  name: 'config unset',
  summary: 'Unset a configuration.',
  arguments: [
    { name: 'keys', options: [], kind: 'list', required: true, help: 'The configurations to unset: <section>.<name>.' },
  ],
  async run(context, args) {
    for (const key of args.list('keys') ?? []) {
      const [section, name] = sectionAndName(key);
      context.config.set(section, { [name]: '' });
    }
    return undefined;
  },
};
