import type { Command } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { createArguments, openAssetScope, putAssetVersion } from '../asset/asset-api.ts';
import { readAssetSource, requireName, versionOf } from '../asset/asset-file.ts';
import { withResourceGroups } from '../entity.ts';
import { textMap } from '../job/wire-words.ts';
import { pythonText } from '../load/yaml-value.ts';
import { notImplementedHere } from '../not-implemented.ts';
import { isUri } from '../references.ts';
import { DEFAULT_DATASTORE, shortDatastoreUri, uploadData } from '../upload/data.ts';
import { DATA_KEYS, dataEntity } from './data-entity.ts';

const TYPES = ['uri_file', 'uri_folder', 'mltable'];

export const command: Command = {
  name: 'ml data create',
  summary: 'Create a data asset in a workspace.',
  arguments: [
    ...createArguments('data asset'),
    {
      name: 'path',
      options: ['--path', '-p'],
      kind: 'value',
      literal: true,
      help: 'Path to the data asset, can be local or remote.',
    },
    { name: 'type', options: ['--type', '-t'], kind: 'value', choices: TYPES, help: 'Type of the data asset.' },
    {
      name: 'datastore',
      options: ['--datastore'],
      kind: 'value',
      help: 'The datastore to upload the local artifact to.',
    },
  ],
  async run(context, args) {
    const source = readAssetSource(args, context.io.cwd, 'data asset', DATA_KEYS, {
      path: 'path',
      type: 'type',
      datastore: 'datastore',
    });
    const { data, folder } = source;
    const name = requireName(source, 'data asset');
    const type = pythonText(data['type'] ?? 'uri_folder').toLowerCase();
    if (!TYPES.includes(type)) throw commandError(`${source.file}: type: '${type}' is none of ${TYPES.join(', ')}.`);
    if (data['path'] === undefined || data['path'] === null)
      throw commandError(`${source.file}: path: Missing data for required field.`);
    const workspace = await openAssetScope(context, args);
    const path = pythonText(data['path']);
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
      ...(data['description'] ? { description: pythonText(data['description']) } : {}),
      properties: textMap(data['properties']),
      tags: textMap(data['tags']),
      isAnonymous: false,
      isArchived: false,
      dataType: type,
      dataUri,
    };
    return withResourceGroups(
      dataEntity(await putAssetVersion(workspace, 'data', name, versionOf(source), properties)),
    );
  },
};
