import type { Command } from '../../../command.ts';
import { assetListArguments, listAssets } from '../asset/asset-api.ts';
import { openAssetScope } from '../asset/asset-scope.ts';
import { environmentItem } from './environment-entity.ts';

export const command: Command = {
  name: 'ml environment list',
  summary: 'List environments in a workspace.',
  arguments: assetListArguments('environment'),
  table: (result) => result,
  async run(context, args) {
    const workspace = await openAssetScope(context, args);
    return (await listAssets(workspace, 'environments', args)).map(environmentItem);
  },
};
