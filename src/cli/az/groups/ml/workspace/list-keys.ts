import type { Command } from '../../../command.ts';
import { groupArgument, nameOfWorkspace, WORKSPACE_API, workspaceOf } from './scope.ts';

export const command: Command = {
  name: 'ml workspace list-keys',
  summary: 'List workspace keys for dependent resources such as storage, container registry, and application insights.',
  arguments: [groupArgument, nameOfWorkspace],
  async run(context, args) {
    const { arm, path } = workspaceOf(await context.arm(), args.need('group'), args.need('name'));
    const request = { method: 'POST', path: path('/listKeys'), apiVersion: WORKSPACE_API, repeatable: true };
    // The extension knows the storage by its resource id alone, and prints what there is none of, too (recorded).
    const { userStorageArmId: _, ...keys } = await arm.json<{ userStorageArmId?: string }>(request);
    return { containerRegistryCredentials: null, notebookAccessKeys: null, ...keys };
  },
};
