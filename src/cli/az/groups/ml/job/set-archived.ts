import type { Args, Context } from '../../../command.ts';
import { openWorkspace, segment } from '../workspace/scope.ts';
import { getJob, JOB_API } from './job-api.ts';

/** Archives or restores a job: the job as read, put back with the mark (client source). Prints nothing. */
export async function setJobArchived(context: Context, args: Args, archived: boolean): Promise<undefined> {
  const workspace = await openWorkspace(context, args);
  const name = args.need('name');
  const job = await getJob(workspace, name);
  await workspace.arm.json({
    method: 'PUT',
    path: workspace.path(`/jobs/${segment(name)}`),
    apiVersion: JOB_API,
    body: { properties: { ...job.properties, isArchived: archived } },
  });
  return undefined;
}
