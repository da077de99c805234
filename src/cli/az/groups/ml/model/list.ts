import type { Command } from '../../../command.ts';
import { assetListArguments, listAssets, openAssetScope } from '../asset/asset-api.ts';
import { modelItem } from './model-entity.ts';

export const command: Command = {
  name: 'ml model list',
  summary: 'List models in a workspace.',
  arguments: assetListArguments('model'),
  table: (result) => result,
  async run(context, args) {
    const workspace = await openAssetScope(context, args);
    return (await listAssets(context, workspace, 'models', args)).map(modelItem);
  },
};
