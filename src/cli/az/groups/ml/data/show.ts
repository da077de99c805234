import type { Command } from '../../../command.ts';
import { getAssetVersion, openAssetScope, showArguments } from '../asset/asset-api.ts';
import { withResourceGroups } from '../entity.ts';
import { dataEntity } from './data-entity.ts';

export const command: Command = {
  name: 'ml data show',
  summary: 'Show details for a data asset.',
  arguments: showArguments('data asset'),
  async run(context, args) {
    const workspace = await openAssetScope(context, args);
    return withResourceGroups(dataEntity(await getAssetVersion(workspace, 'data', args)));
  },
};
