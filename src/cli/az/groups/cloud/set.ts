import type { Command } from '../../command.ts';
import { requireCloud } from './azure-cloud.ts';

export const command: Command = {
  name: 'cloud set',
  summary: 'Set the active cloud.',
  arguments: [
    { name: 'name', options: ['--name', '-n'], kind: 'value', required: true, help: 'Name of a registered cloud.' },
    { name: 'profile', options: ['--profile'], kind: 'value', help: 'Profile to use for this cloud.' },
  ],
  async run(_context, args) {
    requireCloud(args.need('name'));
    return undefined;
  },
};
