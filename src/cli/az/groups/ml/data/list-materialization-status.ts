import type { Command } from '../../../command.ts';
import { withResourceGroups } from '../entity.ts';
import { JOB_API, tenantOf } from '../job/job-api.ts';
import { type JobResource, jobEntity } from '../job/job-entity.ts';
import { jobLimit, jobListArguments, listViewType } from '../list-arguments.ts';
import { openWorkspace, workspaceArguments } from '../workspace/scope.ts';

export const command: Command = {
  name: 'ml data list-materialization-status',
  summary: 'Show the status of the jobs that make versions of a data asset.',
  description: 'Lists the pipeline jobs with an output that is registered under the name; all of them without a name.',
  arguments: [
    ...workspaceArguments,
    // Here -p is the name, as in the public client.
    { name: 'name', options: ['--name', '-p'], kind: 'value', help: 'Name of the data asset.' },
    ...jobListArguments,
  ],
  async run(context, args) {
    const workspace = await openWorkspace(context, args);
    const limit = jobLimit(context, args);
    const tenant = await tenantOf(workspace);
    const query = { jobType: 'Pipeline', assetName: args.text('name'), listViewType: listViewType(args) };
    const jobs = await workspace.arm.list<JobResource>(
      { path: workspace.path('/jobs'), apiVersion: JOB_API, query },
      limit,
    );
    return withResourceGroups(jobs.map((job) => jobEntity(job, tenant)));
  },
};
