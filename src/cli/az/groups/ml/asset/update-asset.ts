import { isDeepStrictEqual } from 'node:util';
import type { Argument, Command } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { withResourceGroups } from '../entity.ts';
import { applyUpdates, textMembers, updateArguments } from '../load/generic-update.ts';
import { ASSET_API, nameAndVersion } from '../references.ts';
import { segment } from '../workspace/scope.ts';
import { type AssetResource, getAssetVersion, showArguments } from './asset-api.ts';
import { type AssetKind, nounOf } from './asset-kind.ts';
import { openAssetScope } from './asset-scope.ts';

/**
 * The command that changes what may change of a version: the version as az prints it, changed by `--set`, `--add` and `--remove`,
 * and put back.
 * @param own arguments of this kind alone, whose values are set under the same key
 */
export function updateCommand(kind: AssetKind, own: readonly Argument[] = []): Command {
  return {
    name: `ml ${kind.group} update`,
    summary: `Update ${kind.what}.`,
    description: `Of a version ${Object.keys(kind.changeable).join(', ')} can change.`,
    arguments: [...showArguments(nounOf(kind)), ...own, ...updateArguments],
    examples: [
      {
        text: `Update the tags of ${kind.what}`,
        command: `az ml ${kind.group} update --name my-${kind.group} --version 1 --set tags.stage=tried -g my-resource-group -w my-workspace`,
      },
    ],
    async run(context, args) {
      const scope = await openAssetScope(context, args);
      const resource = await getAssetVersion(scope, kind.type, args);
      const before = kind.entity(resource);
      const after = applyUpdates(before, args);
      for (const { name } of own) if (args.text(name) !== undefined) after[name] = args.text(name);
      const properties = changedProperties(kind, resource, before, after);
      const { name, version = '' } = nameAndVersion(resource.id);
      const updated = await scope.arm.json<AssetResource>({
        method: 'PUT',
        path: scope.path(`/${kind.type}/${segment(name)}/versions/${segment(version)}`),
        apiVersion: ASSET_API[kind.type],
        body: { properties },
      });
      return withResourceGroups(kind.entity(updated));
    },
  };
}

/** The wire's properties with what changed. @throws for a key that cannot change */
function changedProperties(
  kind: AssetKind,
  resource: AssetResource,
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): Record<string, unknown> {
  const properties = structuredClone(resource.properties) as Record<string, unknown>;
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (isDeepStrictEqual(before[key], after[key])) continue;
    const wire = kind.changeable[key]?.split('.');
    if (!wire)
      throw commandError(
        `${key}: of ${kind.what}'s version ${Object.keys(kind.changeable).join(', ')} can change; register a new version for the rest.`,
      );
    const last = wire.pop() ?? key;
    let level = properties;
    for (const one of wire) {
      level[one] ??= {};
      level = level[one] as Record<string, unknown>;
    }
    level[last] = last === 'tags' || last === 'properties' ? textMembers(after[key], key) : (after[key] ?? null);
  }
  return properties;
}
