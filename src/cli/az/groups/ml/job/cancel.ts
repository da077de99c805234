import type { Command } from '../../../command.ts';
import { openWorkspace, segment, workspaceArguments } from '../workspace/scope.ts';
import { JOB_API, jobNameArgument } from './job-api.ts';

export const command: Command = {
  name: 'ml job cancel',
  summary: 'Cancel a job.',
  arguments: [...workspaceArguments, jobNameArgument],
  async run(context, args) {
    const workspace = await openWorkspace(context, args);
    const path = workspace.path(`/jobs/${segment(args.need('name'))}/cancel`);
    await workspace.arm.operate({ method: 'POST', path, apiVersion: JOB_API, repeatable: true });
    return undefined;
  },
};
