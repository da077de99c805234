/** The tenant of this installation, where a client doesn't name one of its own. */
export const DEFAULT_TENANT = '6d1c7a3e-0000-4000-8000-000000000001';

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * The audience of a token asked for by v2 scopes: the one `<resource>/.default`, without its suffix, as it stands. Clients compare it
 * literally: `https://ml.azure.com/.default` means exactly `https://ml.azure.com`, and the two slashes of
 * `https://management.core.windows.net//.default` mean an audience that ends in one (recorded).
 * @returns undefined when no scope, or more than one resource, is named
 */
export function audienceOfScope(scope: string): string | undefined {
  const protocol = new Set(['openid', 'profile', 'offline_access', 'email']);
  const resources = new Set(
    scope
      .split(/\s+/)
      .filter((part) => part !== '' && !protocol.has(part.toLowerCase()))
      .map(resourceOf),
  );
  const [only] = resources;
  return resources.size === 1 && only !== '' ? only : undefined;
}

function resourceOf(scope: string): string {
  if (scope.endsWith('/.default')) return scope.slice(0, -'/.default'.length);
  // A named permission (`https://host/user_impersonation`): the resource is what stands before its last part.
  const slash = scope.lastIndexOf('/');
  return /^[a-z]+:\/\/[^/]+\/[^/]+$/i.test(scope) && slash > 0 ? scope.slice(0, slash) : scope;
}

/** The tenant id that a path names: a GUID as it stands; a domain, `common` or `organizations` means this installation's. */
export function tenantOf(segment: string | undefined): string {
  return segment !== undefined && GUID.test(segment) ? segment.toLowerCase() : DEFAULT_TENANT;
}
