import type { Command } from '../../../command.ts';
import { withResourceGroups } from '../entity.ts';
import { jobLimit, jobListArguments, listViewType } from '../list-arguments.ts';
import { openWorkspace, workspaceArguments } from '../workspace/scope.ts';
import { getJob, JOB_API, tenantOf } from './job-api.ts';
import { type JobResource, jobEntity, jobTable } from './job-entity.ts';
import { historyBase } from './run-history.ts';

type Run = { runId: string };

export const command: Command = {
  name: 'ml job list',
  summary: 'List jobs in a workspace.',
  arguments: [
    ...workspaceArguments,
    ...jobListArguments,
    {
      name: 'parent',
      options: ['--parent-job-name', '-p'],
      kind: 'value',
      help: 'Name of the parent job. Lists its child jobs.',
    },
  ],
  table: jobTable,
  async run(context, args) {
    const workspace = await openWorkspace(context, args);
    const limit = jobLimit(context, args);
    const tenant = await tenantOf(workspace);
    const parent = args.text('parent');
    if (parent !== undefined) {
      await getJob(workspace, parent);
      const path = `${await historyBase(workspace)}/runs/${encodeURIComponent(parent)}/children`;
      const runs = await workspace.arm.list<Run>({ path }, limit);
      const jobs: JobResource[] = [];
      for (const run of runs) jobs.push(await getJob(workspace, run.runId));
      return withResourceGroups(jobs.map((job) => jobEntity(job, tenant)));
    }
    const jobs = await workspace.arm.list<JobResource>(
      { path: workspace.path('/jobs'), apiVersion: JOB_API, query: { listViewType: listViewType(args) } },
      limit,
    );
    return withResourceGroups(jobs.map((job) => jobEntity(job, tenant)));
  },
};
