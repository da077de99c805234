import type { Command } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { openAssetScope } from '../asset/asset-scope.ts';
import { mountArguments, mountCopy, mountOf } from '../upload/mount.ts';
import { parseDatastorePath } from './storage.ts';

export const command: Command = {
  name: 'ml datastore mount',
  summary: 'Mount a specific datastore to a local path.',
  description: 'Here a mount is a copy: what the datastore holds now, in files that can only be read.',
  arguments: mountArguments('The datastore to mount: <name>, or azureml://datastores/<name>.'),
  examples: [
    {
      text: 'Look into a datastore',
      command:
        'az ml datastore mount --path workspaceblobstore --mount-point ./store -g my-resource-group -w my-workspace',
    },
  ],
  async run(context, args) {
    const mount = mountOf(args, context.io);
    const workspace = await openAssetScope(context, args);
    if (workspace.kind !== 'workspace') throw commandError('Datastores are in workspaces. Pass --workspace-name/-w.');
    const named = args.need('path');
    const place = parseDatastorePath(named) ?? { datastore: named, path: '' };
    if (place.datastore.includes('/') || place.datastore.includes(':'))
      throw commandError(`'${named}' is not a datastore: use <name> or azureml://datastores/<name>.`);
    const below = place.path === '' ? '' : `${place.path.replace(/\/+$/, '')}/`;
    await mountCopy(context, workspace, `azureml://datastores/${place.datastore}/paths/${below}`, mount);
    return undefined;
  },
};
