import type { Arm } from '../../../arm.ts';
import type { Argument } from '../../../command.ts';
import { nameArgument } from '../../../shared-arguments.ts';
import { groupArgument, segment } from '../workspace/scope.ts';

export const REGISTRY_API = '2024-04-01';

const registryName = nameArgument('Azure ML registry');

/** What names a registry that is there. */
export const registryArguments: readonly Argument[] = [groupArgument, { ...registryName, configured: 'registry' }];

/** What names a registry that a file may name as well. */
export const registryFileArguments: readonly Argument[] = [groupArgument, { ...registryName, required: false }];

const PROVIDER = 'providers/Microsoft.MachineLearningServices/registries';

/** The registries' address in a subscription, or in one of its groups. */
export const registriesPath = (arm: Pick<Arm, 'subscriptionId'>, group: string | undefined): string =>
  `/subscriptions/${arm.subscriptionId}${group === undefined ? '' : `/resourceGroups/${segment(group)}`}/${PROVIDER}`;

export const registryPath = (arm: Pick<Arm, 'subscriptionId'>, group: string, name: string): string =>
  `${registriesPath(arm, group)}/${segment(name)}`;
