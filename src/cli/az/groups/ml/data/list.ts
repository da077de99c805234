import type { Command } from '../../../command.ts';
import { assetListArguments, listAssets } from '../asset/asset-api.ts';
import { openAssetScope } from '../asset/asset-scope.ts';
import { withResourceGroups } from '../entity.ts';
import { dataEntity } from './data-entity.ts';

export const command: Command = {
  name: 'ml data list',
  summary: 'List data assets in a workspace.',
  arguments: assetListArguments('data asset'),
  table: (result) =>
    (result as Record<string, unknown>[]).map((item) => ({
      name: item['name'],
      'latest version': item['latest_version'],
      ...(item['version'] ? { version: item['version'], 'data type': item['type'], path: item['path'] } : {}),
    })),
  async run(context, args) {
    const workspace = await openAssetScope(context, args);
    return withResourceGroups((await listAssets(workspace, 'data', args)).map(dataEntity));
  },
};
