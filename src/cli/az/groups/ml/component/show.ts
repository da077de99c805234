import type { Command } from '../../../command.ts';
import { getAssetVersion, openAssetScope, showArguments } from '../asset/asset-api.ts';
import { withResourceGroups } from '../entity.ts';
import { componentEntity } from './component-entity.ts';

export const command: Command = {
  name: 'ml component show',
  summary: 'Show details for a component.',
  arguments: showArguments('component'),
  async run(context, args) {
    const workspace = await openAssetScope(context, args);
    return withResourceGroups(componentEntity(await getAssetVersion(workspace, 'components', args)));
  },
};
