import type { Command } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import type { AssetResource } from '../asset/asset-api.ts';
import { openAssetScope } from '../asset/asset-scope.ts';
import { ASSET_API, latestVersionId, resolveAsset } from '../references.ts';
import { mountArguments, mountCopy, mountOf } from '../upload/mount.ts';

export const command: Command = {
  name: 'ml data mount',
  summary: 'Mount a specific data asset to a local path.',
  description: 'Here a mount is a copy: what the data asset holds now, in files that can only be read.',
  arguments: mountArguments('The data asset to mount: azureml:<name> or azureml:<name>:<version>.'),
  examples: [
    {
      text: 'Look into a data asset',
      command: 'az ml data mount --path azureml:taxi:1 --mount-point ./taxi -g my-resource-group -w my-workspace',
    },
  ],
  async run(context, args) {
    const mount = mountOf(args, context.io);
    if (mount.mode === 'rw_mount') throw commandError('Read-write mount for data asset is not supported yet.');
    const workspace = await openAssetScope(context, args);
    if (workspace.kind !== 'workspace') throw commandError('A data asset is mounted from a workspace.');
    const named = args.need('path');
    const name = named.replace(/^azureml:(?!\/)/, '');
    // An asset without a version is its newest one (documented).
    const id = /[:@/]/.test(name)
      ? await resolveAsset(workspace, 'data', named)
      : await latestVersionId(workspace, 'data', name);
    const asset = /\/data\/([^/]+)\/versions\/([^/]+)$/.exec(id);
    if (!asset) throw commandError(`'${named}' is not a data asset: use azureml:<name> or azureml:<name>:<version>.`);
    const { properties } = await workspace.arm.json<AssetResource>({
      path: workspace.path(`/data/${asset[1]}/versions/${asset[2]}`),
      apiVersion: ASSET_API.data,
    });
    const uri = String(properties['dataUri'] ?? '');
    const isFile = String(properties['dataType']).toLowerCase() === 'uri_file';
    await mountCopy(context, workspace, isFile ? uri : `${uri.replace(/\/+$/, '')}/`, mount);
    return undefined;
  },
};
