import type { Command } from '../../../command.ts';
import { workspaceAction } from './workspace-action.ts';

export const command: Command = workspaceAction(
  'provision-network',
  'Provision workspace managed network.',
  'provisionManagedNetwork',
  {
    arguments: [
      {
        name: 'include_spark',
        options: ['--include-spark'],
        kind: 'flag',
        help: 'Provision the managed network for Spark jobs too.',
      },
    ],
    body: (flag) => ({ includeSpark: flag('include_spark') }),
  },
);
