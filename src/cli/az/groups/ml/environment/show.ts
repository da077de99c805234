import type { Command } from '../../../command.ts';
import { getAssetVersion, openAssetScope, showArguments } from '../asset/asset-api.ts';
import { withResourceGroups } from '../entity.ts';
import { environmentEntity } from './environment-entity.ts';

export const command: Command = {
  name: 'ml environment show',
  summary: 'Show details for an environment.',
  arguments: showArguments('environment'),
  async run(context, args) {
    const workspace = await openAssetScope(context, args);
    return withResourceGroups(environmentEntity(await getAssetVersion(workspace, 'environments', args)));
  },
};
