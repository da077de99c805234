import type { VersionedType } from '../references.ts';
import type { AssetResource } from './asset-api.ts';

/** What the commands of a versioned asset differ in. */
export type AssetKind = {
  /** The word of its group: `az ml <group>`. */
  readonly group: string;
  /** The asset with its article, as messages name it. */
  readonly what: string;
  readonly type: VersionedType;
  /** A version as az prints it. */
  readonly entity: (resource: AssetResource) => Record<string, unknown>;
  /** What an update may change, as az prints it, and the member of the wire's properties that holds it. */
  readonly changeable: Readonly<Record<string, string>>;
};

/** The asset without its article, as arguments' help names it. */
export const nounOf = (kind: AssetKind): string => kind.what.replace(/^an? /, '');
