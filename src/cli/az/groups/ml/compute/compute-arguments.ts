import type { Args, Argument } from '../../../command.ts';
import { isMap, type YamlMap } from '../load/yaml-value.ts';

/** The identity of a compute, as `create`, `attach` and `update` take it. */
export const identityArguments: readonly Argument[] = [
  {
    name: 'identity_type',
    options: ['--identity-type'],
    kind: 'value',
    help: 'The type of managed identity. Allowed values: SystemAssigned, UserAssigned.',
  },
  {
    name: 'user_assigned_identities',
    options: ['--user-assigned-identities', '-i'],
    kind: 'value',
    help: 'Resource IDs of user assigned identities, separated by commas.',
  },
];

/** Lays `--user-assigned-identities` over a mapping. */
export function applyIdentities(args: Args, data: YamlMap): void {
  const ids = args.text('user_assigned_identities');
  if (ids === undefined) return;
  const identity: YamlMap = isMap(data['identity']) ? data['identity'] : {};
  data['identity'] = {
    type: 'user_assigned',
    ...identity,
    user_assigned_identities: ids.split(',').map((id) => ({ resource_id: id.trim() })),
  };
}
