import type { Command } from '../../../command.ts';
import {
  datastoreArgument,
  descriptionArgument,
  noWaitArgument,
  pathArgument,
  tagsArgument,
} from '../../../shared-arguments.ts';
import { createArguments, putAssetVersion, versionBeforehand } from '../asset/asset-api.ts';
import { readAssetSource, requireName, typeOf, versionOf, versionProperties } from '../asset/asset-file.ts';
import { openAssetScope } from '../asset/asset-scope.ts';
import { withResourceGroups } from '../entity.ts';
import { optionalText } from '../job/submission.ts';
import { isMap, pythonText } from '../load/yaml-value.ts';
import { isReference, isUri } from '../references.ts';
import { uploadAsset } from '../upload/data.ts';
import { MODEL_SHAPE, MODEL_TYPES, modelEntity, stageArgument } from './model-entity.ts';

export const command: Command = {
  name: 'ml model create',
  summary: 'Create a model.',
  arguments: [
    ...createArguments('model'),
    descriptionArgument('model'),
    tagsArgument('model'),
    pathArgument('Path to the model file or folder, local or remote.'),
    {
      name: 'type',
      options: ['--type', '-t'],
      kind: 'value',
      help: `Type of the model: ${MODEL_TYPES.join(', ')}. Default: custom_model.`,
    },
    stageArgument,
    datastoreArgument,
    noWaitArgument,
  ],
  async run(context, args) {
    const flags = { path: 'path', type: 'type', stage: 'stage', datastore: 'datastore' };
    const source = readAssetSource(args, context.io.cwd, 'model', MODEL_SHAPE, flags);
    const { data, folder } = source;
    const name = requireName(source, 'model');
    const type = typeOf(source, 'custom_model');
    const path = pythonText(data['path']);
    const scope = await openAssetScope(context, args);
    const version = await versionBeforehand(scope, 'models', name, versionOf(source));
    let modelUri = path;
    if (!isUri(path) && !isReference(path)) {
      const asset = { type: 'models', name, version: version ?? '' } as const;
      modelUri = (await uploadAsset(scope, asset, path, folder, optionalText(data, 'datastore'))).long;
    }
    const flavors = isMap(data['flavors']) ? data['flavors'] : undefined;
    const properties = {
      ...versionProperties(data),
      ...(flavors
        ? { flavors: Object.fromEntries(Object.entries(flavors).map(([key, value]) => [key, { data: value }])) }
        : {}),
      ...(data['stage'] ? { stage: pythonText(data['stage']) } : {}),
      modelType: type,
      modelUri,
    };
    return withResourceGroups(modelEntity(await putAssetVersion(scope, 'models', name, version, properties)));
  },
};
