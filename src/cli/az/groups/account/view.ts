import type { ProfileSubscription } from '../../profile.ts';

/** A subscription as `az login` and `az account list` print it: `cloudName` in place of the profile's `environmentName`. */
export function accountView({ environmentName, ...rest }: ProfileSubscription): unknown {
  return { cloudName: environmentName, ...rest };
}
