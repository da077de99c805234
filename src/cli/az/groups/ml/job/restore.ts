import type { Command } from '../../../command.ts';
import { workspaceArguments } from '../workspace/scope.ts';
import { jobNameArgument } from './job-api.ts';
import { setJobArchived } from './set-archived.ts';

export const command: Command = {
  name: 'ml job restore',
  summary: 'Restore an archived job.',
  arguments: [...workspaceArguments, jobNameArgument],
  run: (context, args) => setJobArchived(context, args, false),
};
