import type { Command } from '../../../command.ts';
import { getAssetVersion, openAssetScope, showArguments } from '../asset/asset-api.ts';
import { withResourceGroups } from '../entity.ts';
import { modelEntity } from './model-entity.ts';

export const command: Command = {
  name: 'ml model show',
  summary: 'Show details for a model.',
  arguments: showArguments('model'),
  async run(context, args) {
    const workspace = await openAssetScope(context, args);
    return withResourceGroups(modelEntity(await getAssetVersion(workspace, 'models', args)));
  },
};
