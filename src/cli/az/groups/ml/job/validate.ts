import type { Command } from '../../../command.ts';
import { setArgument } from '../../../shared-arguments.ts';
import { openWorkspace, workspaceArguments } from '../workspace/scope.ts';
import { jobFileArgument } from './job-api.ts';
import { readJobFile } from './job-file.ts';

export const command: Command = {
  name: 'ml job validate',
  summary: 'Validate a job without submitting it.',
  arguments: [...workspaceArguments, jobFileArgument, setArgument],
  async run(context, args) {
    await openWorkspace(context, args);
    const job = readJobFile(args.need('file'), context.io.cwd, args.list('set') ?? []);
    if (job.problems.length === 0) return { result: 'Succeeded' };
    return {
      errors: job.problems.map(({ message, path, value, place }) => ({
        location: place ?? job.file,
        message,
        path,
        value: value ?? null,
      })),
      result: 'Failed',
    };
  },
};
