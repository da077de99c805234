import type { Command } from '../../command.ts';
import { cloudTable, requireCloud } from './azure-cloud.ts';

export const command: Command = {
  name: 'cloud show',
  summary: 'Get the details of a registered cloud.',
  arguments: [{ name: 'name', options: ['--name', '-n'], kind: 'value', help: 'Name of a registered cloud.' }],
  table: cloudTable,
  run: async (_context, args) => requireCloud(args.text('name')),
};
