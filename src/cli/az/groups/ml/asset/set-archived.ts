import type { Args, Command, Context } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { ASSET_API } from '../references.ts';
import { segment } from '../workspace/scope.ts';
import { type AssetResource, showArguments, versionOfLabel } from './asset-api.ts';
import { type AssetKind, nounOf } from './asset-kind.ts';
import { openAssetScope } from './asset-scope.ts';

/**
 * The command that archives an asset's version, or all of the asset when none is named, or takes it back: the resource as read,
 * put back with the mark (client source). Prints nothing.
 */
export function archiveCommand(kind: AssetKind, archived: boolean): Command {
  return {
    name: `ml ${kind.group} ${archived ? 'archive' : 'restore'}`,
    summary: archived ? `Archive ${kind.what}.` : `Restore ${kind.what} that was archived.`,
    // The public client does this to a registry's assets of every kind but data.
    arguments: showArguments(nounOf(kind)).filter(({ name }) => kind.type !== 'data' || name !== 'registry'),
    run: (context, args) => setArchived(context, args, kind, archived),
  };
}

async function setArchived(context: Context, args: Args, { type }: AssetKind, archived: boolean): Promise<undefined> {
  const name = args.need('name');
  const label = args.text('label');
  if (args.text('version') !== undefined && label !== undefined)
    throw commandError('Cannot specify both version and label.');
  const scope = await openAssetScope(context, args);
  const version = label === undefined ? args.text('version') : await versionOfLabel(scope, type, name, label);
  const container = `/${type}/${segment(name)}`;
  const path = scope.path(version === undefined ? container : `${container}/versions/${segment(version)}`);
  const read = await scope.arm.json<AssetResource>({ path, apiVersion: ASSET_API[type] });
  // A version is put back without its stage (client source).
  const { stage, ...properties } = read.properties;
  const kept = version === undefined && stage !== undefined ? { stage } : {};
  await scope.arm.json({
    method: 'PUT',
    path,
    apiVersion: ASSET_API[type],
    body: { properties: { ...properties, ...kept, isArchived: archived } },
  });
  return undefined;
}
