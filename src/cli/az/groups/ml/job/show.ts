import type { Command } from '../../../command.ts';
import { withResourceGroups } from '../entity.ts';
import { openWorkspace, workspaceArguments } from '../workspace/scope.ts';
import { getJob, jobNameArgument, showJob, webArgument, webLink } from './job-api.ts';

export const command: Command = {
  name: 'ml job show',
  summary: 'Show details for a job.',
  arguments: [...workspaceArguments, jobNameArgument, webArgument],
  examples: [
    {
      text: 'Show the status of a job using --query argument to execute a JMESPath query on the results of commands.',
      command:
        'az ml job show --name my-job-id --query "{Name:name,Jobstatus:status}" --output table --resource-group my-resource-group --workspace-name my-workspace',
    },
  ],
  async run(context, args) {
    const workspace = await openWorkspace(context, args);
    const entity = await showJob(workspace, await getJob(workspace, args.need('name')));
    if (args.flag('web')) webLink(context, entity);
    return withResourceGroups(entity);
  },
};
