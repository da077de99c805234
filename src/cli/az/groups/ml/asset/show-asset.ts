import type { Command } from '../../../command.ts';
import { withResourceGroups } from '../entity.ts';
import { getAssetVersion, showArguments } from './asset-api.ts';
import { type AssetKind, nounOf } from './asset-kind.ts';
import { openAssetScope } from './asset-scope.ts';

/** The command that shows a version of an asset. */
export function showCommand(kind: AssetKind): Command {
  return {
    name: `ml ${kind.group} show`,
    summary: `Show details for ${kind.what}.`,
    arguments: showArguments(nounOf(kind)),
    async run(context, args) {
      const scope = await openAssetScope(context, args);
      return withResourceGroups(kind.entity(await getAssetVersion(scope, kind.type, args)));
    },
  };
}
