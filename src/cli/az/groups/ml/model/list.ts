import type { Command } from '../../../command.ts';
import { assetListArguments, listAssets } from '../asset/asset-api.ts';
import { openAssetScope } from '../asset/asset-scope.ts';
import { withResourceGroups } from '../entity.ts';
import { modelItem, stageArgument } from './model-entity.ts';

export const command: Command = {
  name: 'ml model list',
  summary: 'List models in a workspace.',
  arguments: [...assetListArguments('model'), stageArgument],
  table: (result) => result,
  async run(context, args) {
    const scope = await openAssetScope(context, args);
    const found = await listAssets(scope, 'models', args, { stage: args.text('stage') });
    return withResourceGroups(found.map(modelItem));
  },
};
