import type { Command } from '../../../command.ts';
import { datastoreArgument, descriptionArgument, noWaitArgument, pathArgument } from '../../../shared-arguments.ts';
import { createArguments, putAssetVersion, versionBeforehand } from '../asset/asset-api.ts';
import { readAssetSource, requireName, typeOf, versionOf, versionProperties } from '../asset/asset-file.ts';
import { openAssetScope } from '../asset/asset-scope.ts';
import { withResourceGroups } from '../entity.ts';
import { optionalText } from '../job/submission.ts';
import { pythonText } from '../load/yaml-value.ts';
import { isUri } from '../references.ts';
import { uploadAsset } from '../upload/data.ts';
import { DATA_SHAPE, DATA_TYPES, dataEntity } from './data-entity.ts';
import { checkLocalData } from './local-data.ts';

export const command: Command = {
  name: 'ml data create',
  summary: 'Create a data asset in a workspace.',
  arguments: [
    ...createArguments('data asset'),
    { ...descriptionArgument('data asset'), options: ['--description', '-d'] },
    pathArgument('Path to the data asset, can be local or remote.'),
    { name: 'type', options: ['--type', '-t'], kind: 'value', choices: DATA_TYPES, help: 'Type of the data asset.' },
    datastoreArgument,
    {
      name: 'skip_validation',
      options: ['--skip-validation'],
      kind: 'flag',
      help: 'Skip validation of MLTable metadata when type is MLTable.',
    },
    noWaitArgument,
  ],
  async run(context, args) {
    const source = readAssetSource(args, context.io.cwd, 'data asset', DATA_SHAPE, {
      path: 'path',
      type: 'type',
      datastore: 'datastore',
    });
    const { data, folder } = source;
    const name = requireName(source, 'data asset');
    const type = typeOf(source, 'uri_folder');
    const path = pythonText(data['path']);
    const isLocal = !isUri(path);
    const addresses = isLocal ? checkLocalData(path, folder, type, source.file) : [];
    const scope = await openAssetScope(context, args);
    const version = await versionBeforehand(scope, 'data', name, versionOf(source));
    let dataUri = path;
    if (isLocal) {
      const asset = { type: 'data', name, version: version ?? '' } as const;
      dataUri = (await uploadAsset(scope, asset, path, folder, optionalText(data, 'datastore'))).short;
    }
    const properties = {
      ...versionProperties(data),
      dataType: type,
      dataUri,
      ...(addresses.length ? { referencedUris: addresses } : {}),
    };
    return withResourceGroups(dataEntity(await putAssetVersion(scope, 'data', name, version, properties)));
  },
};
