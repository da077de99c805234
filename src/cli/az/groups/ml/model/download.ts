import { resolve } from 'node:path';
import type { Command } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { nameArgument } from '../../../shared-arguments.ts';
import { type AssetResource, versionArgument } from '../asset/asset-api.ts';
import { assetScope, openAssetScope } from '../asset/asset-scope.ts';
import { ASSET_API } from '../references.ts';
import { downloadUri } from '../upload/download.ts';
import { downloadFromRegistry } from '../upload/registry-content.ts';
import { segment } from '../workspace/scope.ts';

export const command: Command = {
  name: 'ml model download',
  summary: 'Download all model-related files.',
  arguments: [
    ...assetScope,
    nameArgument('model'),
    { ...versionArgument('model'), required: true },
    {
      name: 'download_path',
      options: ['--download-path', '-p'],
      kind: 'value',
      help: 'Path to download the model files to. Default: the current folder.',
    },
  ],
  async run(context, args) {
    const name = args.need('name');
    const version = args.need('version');
    const scope = await openAssetScope(context, args);
    const model = await scope.arm.json<AssetResource>({
      path: scope.path(`/models/${segment(name)}/versions/${segment(version)}`),
      apiVersion: ASSET_API.models,
    });
    const uri = String(model.properties['modelUri'] ?? '');
    // The files keep the name of the file or folder that was registered.
    const last = uri.replace(/\/+$/, '').split('/').at(-1) ?? name;
    const root = resolve(context.io.cwd, args.text('download_path') ?? '.', name);
    const isFile = /\.[^/.]+$/.test(last);
    const target = isFile ? root : resolve(root, last);
    const count =
      scope.kind === 'registry'
        ? await downloadFromRegistry(scope, { type: 'models', name, version }, uri, target)
        : await downloadUri(scope, uri, target);
    if (count === 0) throw commandError(`The model ${name}:${version} has no files at ${uri}.`);
    context.warn(`Downloading the model ${name} at ${resolve(root)}`);
    return undefined;
  },
};
