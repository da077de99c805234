import type { Command } from '../../command.ts';
import { azureCloud, cloudTable } from './azure-cloud.ts';

export const command: Command = {
  name: 'cloud list',
  summary: 'List registered clouds.',
  arguments: [],
  table: cloudTable,
  run: async () => [azureCloud],
};
