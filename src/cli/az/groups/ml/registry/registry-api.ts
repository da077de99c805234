import type { Arm } from '../../../arm.ts';
import type { Argument } from '../../../command.ts';
import { groupArgument, segment } from '../workspace/scope.ts';

export const REGISTRY_API = '2024-04-01';

/** What every command of one registry takes. */
export const registryArguments: readonly Argument[] = [
  groupArgument,
  {
    name: 'name',
    options: ['--name', '-n'],
    kind: 'value',
    required: true,
    help: 'Name of the Azure ML registry.',
  },
];

const PROVIDER = 'providers/Microsoft.MachineLearningServices/registries';

/** The registries' address in a subscription, or in one of its groups. */
export const registriesPath = (arm: Pick<Arm, 'subscriptionId'>, group: string | undefined): string =>
  `/subscriptions/${arm.subscriptionId}${group === undefined ? '' : `/resourceGroups/${segment(group)}`}/${PROVIDER}`;

export const registryPath = (arm: Pick<Arm, 'subscriptionId'>, group: string, name: string): string =>
  `${registriesPath(arm, group)}/${segment(name)}`;
