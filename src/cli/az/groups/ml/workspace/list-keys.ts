import type { Command } from '../../../command.ts';
import { groupArgument, nameOfWorkspace, WORKSPACE_API, workspaceOf } from './scope.ts';

export const command: Command = {
  name: 'ml workspace list-keys',
  summary: 'List workspace keys for dependent resources such as storage, container registry, and application insights.',
  arguments: [groupArgument, { ...nameOfWorkspace, required: true }],
  async run(context, args) {
    const { arm, path } = workspaceOf(await context.arm(), args.need('group'), args.need('name'));
    const request = { method: 'POST', path: path('/listKeys'), apiVersion: WORKSPACE_API, repeatable: true };
    // The clients print what there is none of, too (recorded).
    return { containerRegistryCredentials: null, notebookAccessKeys: null, ...(await arm.json<object>(request)) };
  },
};
