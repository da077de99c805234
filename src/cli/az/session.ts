import type { Config } from './config.ts';
import { commandError } from './errors.ts';
import type { Http } from './http.ts';
import { openProfile, type Profile, type ProfileSubscription } from './profile.ts';
import { clientCredentialsToken, type IdentitySelector, managedIdentityToken, scopeOf, type Token } from './tokens.ts';

/** The subscription that a command works in, and tokens for its user. */
export type Session = {
  readonly subscription: ProfileSubscription;
  /** A token for a resource (`https://management.azure.com`), fetched once a process; never written to disk. */
  token(resource: string): Promise<Token>;
};

/** az's audience for the resource manager; with the slash, as az core sends it (recorded). */
export const ARM_RESOURCE = 'https://management.core.windows.net/';

const NOT_LOGGED_IN = "Please run 'az login' to setup account.";

/** Picks a subscription of the profile by name or id; the default one without. @throws as az when nobody is logged in */
export function pickSubscription(profile: Profile, wanted: string | undefined): ProfileSubscription {
  const all = profile.subscriptions();
  if (all.length === 0) throw commandError(NOT_LOGGED_IN);
  if (!wanted) {
    const found = all.find((one) => one.isDefault);
    if (!found) throw commandError(NOT_LOGGED_IN);
    return found;
  }
  const same = (text: string) => text.toLowerCase() === wanted.toLowerCase();
  const found = all.find((one) => same(one.id)) ?? all.find((one) => same(one.name));
  if (!found) throw commandError(`Subscription '${wanted}' not found. Check the spelling and casing and try again.`);
  return found;
}

/** Opens the session of the logged-in user in the wanted (else the default) subscription. */
export function openSession(
  config: Config,
  http: Http,
  env: Readonly<Record<string, string | undefined>>,
  wanted: string | undefined,
): Session {
  const profile = openProfile(config.directory);
  const subscription = pickSubscription(profile, wanted);
  const tokens = new Map<string, Promise<Token>>();
  return {
    subscription,
    token(resource) {
      const known = tokens.get(resource);
      if (known) return known;
      const fresh = tokenFor(profile, http, env, subscription, resource);
      tokens.set(resource, fresh);
      return fresh;
    },
  };
}

/** A token for the user of a subscription. */
export async function tokenFor(
  profile: Profile,
  http: Http,
  env: Readonly<Record<string, string | undefined>>,
  subscription: ProfileSubscription,
  resource: string,
): Promise<Token> {
  const { name, assignedIdentityInfo } = subscription.user;
  if (assignedIdentityInfo) return managedIdentityToken(http, env, resource, selectorOf(assignedIdentityInfo));
  const credential = profile.credential(name, subscription.tenantId);
  if (!credential) throw commandError(`The credential of '${name}' is not stored here. ${NOT_LOGGED_IN}`);
  return clientCredentialsToken(http, credential, scopeOf(resource));
}

// az writes MSI, MSIClient-<id>, MSIObject-<id> or MSIResource-<id> (documented).
function selectorOf(info: string): IdentitySelector {
  const [kind, ...rest] = info.split('-');
  const id = rest.join('-');
  if (kind === 'MSIClient') return { clientId: id };
  if (kind === 'MSIObject') return { objectId: id };
  if (kind === 'MSIResource') return { resourceId: id };
  return {};
}
