import { PROVIDER } from '../../arm/context.ts';
import { OPERATION_STATUS } from '../../arm/operation-status.ts';
import { OPERATIONS } from '../../arm/operations.gen.ts';
import { ASSOCIATED_KINDS } from '../../associated-resources.ts';

export type ResourceType = { readonly resourceType: string; readonly apiVersions: readonly string[] };

/** The kinds of resources of Machine Learning that something is built of: `workspaces/jobs`. */
function learningTypes(): string[] {
  const types = OPERATIONS.flatMap(({ id, path }) => {
    const entry = OPERATION_STATUS[id];
    const state = typeof entry === 'string' ? entry : entry[0];
    const words = path.slice(path.indexOf(PROVIDER) + PROVIDER.length + 1).split('/');
    // A kind's own path ends in a name.
    return state === 'not implemented' || !words.at(-1)?.startsWith('{')
      ? []
      : [words.filter((word) => !word.startsWith('{')).join('/')];
  });
  return [...new Set(types)].sort();
}

/** The resource providers that are here, each with the kinds that it has. */
export function resourceProviders(): ReadonlyMap<string, readonly ResourceType[]> {
  const found = new Map<string, ResourceType[]>();
  const add = (namespace: string, resourceType: string, ...apiVersions: string[]) =>
    found.set(namespace, [...(found.get(namespace) ?? []), { resourceType, apiVersions }]);
  for (const type of learningTypes()) add(PROVIDER, type, '2024-10-01', '2024-04-01');
  for (const { type } of ASSOCIATED_KINDS) {
    const [namespace, ...kinds] = type.split('/');
    add(namespace as string, kinds.join('/'), '2023-07-01', '2022-05-01');
  }
  add('Microsoft.KeyVault', 'vaults/secrets', '2023-07-01');
  add('Microsoft.Resources', 'deployments', '2024-03-01', '2020-06-01');
  add('Microsoft.Resources', 'resourceGroups', '2024-03-01', '2020-06-01');
  add('Microsoft.Resources', 'subscriptions', '2022-12-01');
  add('Microsoft.Authorization', 'roleAssignments', '2022-04-01');
  add('Microsoft.Authorization', 'roleDefinitions', '2022-04-01');
  return found;
}
