import type { Command } from '../../../command.ts';
import { assetListArguments, listAssets } from '../asset/asset-api.ts';
import { openAssetScope } from '../asset/asset-scope.ts';
import { withResourceGroups } from '../entity.ts';
import { componentItem } from './component-entity.ts';

export const command: Command = {
  name: 'ml component list',
  summary: 'List components in a workspace.',
  arguments: assetListArguments('component'),
  table: (result) =>
    (result as Record<string, unknown>[]).map((item) => ({
      name: item['name'],
      'latest version': item['latest_version'],
      ...(item['version'] ? { version: item['version'], 'Component type': item['type'] } : {}),
    })),
  async run(context, args) {
    const workspace = await openAssetScope(context, args);
    return withResourceGroups((await listAssets(workspace, 'components', args)).map(componentItem));
  },
};
