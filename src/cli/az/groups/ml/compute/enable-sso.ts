import type { Command } from '../../../command.ts';
import { nameArgument } from '../../../shared-arguments.ts';
import { openWorkspace, segment, workspaceArguments } from '../workspace/scope.ts';

/** The one api-version that has it (client source). */
const SSO_API = '2024-04-01-preview';

export const command: Command = {
  name: 'ml compute enable-sso',
  summary: 'Enable or disable single sign-on for a compute instance.',
  arguments: [
    ...workspaceArguments,
    nameArgument('compute target'),
    { name: 'disable', options: ['--disable'], kind: 'flag', help: 'Disable single sign-on.' },
  ],
  async run(context, args) {
    const { arm, path } = await openWorkspace(context, args);
    await arm.send({
      method: 'POST',
      path: path(`/computes/${segment(args.need('name'))}/enableSso`),
      apiVersion: SSO_API,
      body: { enableSSO: !args.flag('disable') },
    });
    return undefined;
  },
};
