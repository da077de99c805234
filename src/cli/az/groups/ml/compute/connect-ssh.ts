import type { Command } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { nameArgument } from '../../../shared-arguments.ts';
import { checkPrivateKey, privateKeyArgument } from '../job/ssh.ts';
import { notImplementedHere } from '../not-implemented.ts';
import { ASSET_API } from '../references.ts';
import { openWorkspace, segment, workspaceArguments } from '../workspace/scope.ts';
import type { ComputeResource } from './compute-entity.ts';

export const command: Command = {
  name: 'ml compute connect-ssh',
  summary: 'Set up ssh connection to a compute instance. Not implemented.',
  arguments: [...workspaceArguments, nameArgument('compute target'), privateKeyArgument],
  async run(context, args) {
    checkPrivateKey(args, context.io.cwd);
    const workspace = await openWorkspace(context, args);
    const path = workspace.path(`/computes/${segment(args.need('name'))}`);
    const { properties } = await workspace.arm.json<ComputeResource>({ path, apiVersion: ASSET_API.computes });
    if (String(properties['computeType']).toLowerCase() !== 'computeinstance')
      throw commandError('connect-ssh is only for compute instance');
    throw notImplementedHere("SSH to a compute instance, whose jobs run on the server's own machine");
  },
};
