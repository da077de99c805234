import type { Args, Argument, Command, Context } from '../../../command.ts';
import { ASSET_API, type VersionedType } from '../references.ts';
import { segment } from '../workspace/scope.ts';
import { type AssetResource, openAssetScope, showArguments } from './asset-api.ts';

/**
 * The command that archives an asset's version, or all of the asset when none is named, or takes it back: the resource as read,
 * put back with the mark (client source). Prints nothing.
 * @param name the words after `az`
 */
export function archiveCommand(name: string, what: string, type: VersionedType, archived: boolean): Command {
  const options: readonly Argument[] = showArguments(what).filter((argument) => argument.name !== 'label');
  return {
    name,
    summary: archived ? `Archive ${what}.` : `Restore ${what} that was archived.`,
    arguments: options,
    run: (context, args) => setArchived(context, args, type, archived),
  };
}

async function setArchived(context: Context, args: Args, type: VersionedType, archived: boolean): Promise<undefined> {
  const workspace = await openAssetScope(context, args);
  const version = args.text('version');
  const container = `/${type}/${segment(args.need('name'))}`;
  const path = workspace.path(version === undefined ? container : `${container}/versions/${segment(version)}`);
  const { properties } = await workspace.arm.json<AssetResource>({ path, apiVersion: ASSET_API[type] });
  await workspace.arm.json({
    method: 'PUT',
    path,
    apiVersion: ASSET_API[type],
    body: { properties: { ...properties, isArchived: archived } },
  });
  return undefined;
}
