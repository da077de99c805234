import type { Command } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { datastoreArgument, pathArgument } from '../../../shared-arguments.ts';
import { createArguments, openAssetScope, putAssetVersion } from '../asset/asset-api.ts';
import { readAssetSource, requireName, typeOf, versionOf, versionProperties } from '../asset/asset-file.ts';
import { withResourceGroups } from '../entity.ts';
import { pythonText } from '../load/yaml-value.ts';
import { notImplementedHere } from '../not-implemented.ts';
import { isUri } from '../references.ts';
import { DEFAULT_DATASTORE, shortDatastoreUri, uploadData } from '../upload/data.ts';
import { DATA_SHAPE, DATA_TYPES, dataEntity } from './data-entity.ts';

export const command: Command = {
  name: 'ml data create',
  summary: 'Create a data asset in a workspace.',
  arguments: [
    ...createArguments('data asset'),
    pathArgument('Path to the data asset, can be local or remote.'),
    { name: 'type', options: ['--type', '-t'], kind: 'value', choices: DATA_TYPES, help: 'Type of the data asset.' },
    datastoreArgument,
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
    const workspace = await openAssetScope(context, args);
    let dataUri = path;
    if (!isUri(path)) {
      if (type === 'mltable') throw notImplementedHere('mltable data assets from local folders');
      const datastore = pythonText(data['datastore'] ?? DEFAULT_DATASTORE).replace(/^azureml:/, '');
      const uploaded = await uploadData(workspace, path, folder, datastore);
      if (uploaded.folder !== (type === 'uri_folder')) {
        throw commandError(
          `${source.file}: path: '${path}' is a ${uploaded.folder ? 'folder' : 'file'}, and the type is ${type}.`,
        );
      }
      dataUri = shortDatastoreUri(uploaded);
    }
    const properties = {
      ...versionProperties(data),
      dataType: type,
      dataUri,
    };
    return withResourceGroups(
      dataEntity(await putAssetVersion(workspace, 'data', name, versionOf(source), properties)),
    );
  },
};
