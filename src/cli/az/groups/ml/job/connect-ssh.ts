import type { Command } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { notImplementedHere } from '../not-implemented.ts';
import { openWorkspace, workspaceArguments } from '../workspace/scope.ts';
import { jobNameArgument } from './job-api.ts';
import { jobServices, nodeIndexArgument, nodeIndexOf } from './job-services.ts';
import { checkPrivateKey, privateKeyArgument } from './ssh.ts';

export const command: Command = {
  name: 'ml job connect-ssh',
  summary: 'Set up ssh connection and send the request to the SSH service of a job. Not implemented.',
  arguments: [...workspaceArguments, jobNameArgument, nodeIndexArgument, privateKeyArgument],
  async run(context, args) {
    const node = nodeIndexOf(args);
    checkPrivateKey(args, context.io.cwd);
    const services = Object.values(await jobServices(await openWorkspace(context, args), args.need('name'), node));
    if (services.length === 0)
      throw commandError(
        `The node ${node} of the job does not have services. Please ensure that the job has services.`,
      );
    const ssh = services.find(({ type }) => type === 'SSH');
    if (!ssh) throw commandError(`Please ensure that the job is ssh enabled on node '${node}'.`);
    if (ssh['status'] !== 'Running')
      throw commandError(
        `Please ensure that ssh service at node '${node}' has the status as 'Running'. The current status is '${ssh['status']}'.`,
      );
    throw notImplementedHere('SSH to a job');
  },
};
