import { type DomainError, notFound } from '../../../kernel/errors.ts';
import type { Kind } from './kinds.ts';
import type { AssetHome } from './scopes.ts';

/** What the service says of an asset that isn't there (recorded codes). */
export function assetNotFound(home: AssetHome, kind: Kind, name: string, version?: string): DomainError {
  const what = `${name}${version === undefined ? '' : `:${version}`}`.slice(0, 200);
  const where = home.kind === 'workspaces' ? 'workspace' : 'registry';
  return notFound(`There is no ${kind.singular} '${what}' in this ${where}.`, {
    wire: 'UserError',
    details: kind.absent,
  });
}
