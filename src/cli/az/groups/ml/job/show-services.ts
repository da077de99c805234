import type { Command } from '../../../command.ts';
import { openWorkspace, workspaceArguments } from '../workspace/scope.ts';
import { jobNameArgument } from './job-api.ts';
import { jobServices, nodeIndexArgument, nodeIndexOf } from './job-services.ts';

export const command: Command = {
  name: 'ml job show-services',
  summary: 'Show services of a job per node.',
  arguments: [...workspaceArguments, jobNameArgument, nodeIndexArgument],
  async run(context, args) {
    const node = nodeIndexOf(args);
    const services = await jobServices(await openWorkspace(context, args), args.need('name'), node);
    return Object.keys(services).length === 0 ? undefined : services;
  },
};
