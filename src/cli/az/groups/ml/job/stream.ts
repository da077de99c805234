import type { Command } from '../../../command.ts';
import { openWorkspace, workspaceArguments } from '../workspace/scope.ts';
import { jobNameArgument } from './job-api.ts';
import { streamJob } from './stream-job.ts';

export const command: Command = {
  name: 'ml job stream',
  summary: 'Stream job logs to the console.',
  arguments: [...workspaceArguments, jobNameArgument],
  async run(context, args) {
    await streamJob(context, await openWorkspace(context, args), args.need('name'));
    return undefined;
  },
};
