import type { Command } from '../../../command.ts';
import { withResourceGroups } from '../entity.ts';
import type { VersionedType } from '../references.ts';
import { type AssetResource, getAssetVersion, openAssetScope, showArguments } from './asset-api.ts';

/**
 * The command that shows a version of an asset.
 * @param name the words after `az`
 * @param what the asset with its article
 * @param entity the asset as az prints it
 */
export function showCommand(
  name: string,
  what: string,
  type: VersionedType,
  entity: (resource: AssetResource) => Record<string, unknown>,
): Command {
  return {
    name,
    summary: `Show details for ${what}.`,
    arguments: showArguments(what.replace(/^an? /, '')),
    async run(context, args) {
      const workspace = await openAssetScope(context, args);
      return withResourceGroups(entity(await getAssetVersion(workspace, type, args)));
    },
  };
}
