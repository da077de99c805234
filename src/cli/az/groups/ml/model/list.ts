import type { Command } from '../../../command.ts';
import { assetListArguments, listAssets, openAssetScope } from '../asset/asset-api.ts';
import { modelItem, stageArgument } from './model-entity.ts';

export const command: Command = {
  name: 'ml model list',
  summary: 'List models in a workspace.',
  arguments: [...assetListArguments('model'), stageArgument],
  table: (result) => result,
  async run(context, args) {
    const workspace = await openAssetScope(context, args);
    return (await listAssets(workspace, 'models', args, { stage: args.text('stage') })).map(modelItem);
  },
};
