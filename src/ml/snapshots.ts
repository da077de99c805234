import { guidOf } from '../kernel/ids.ts';
import type { AssetVersion, AssetVersions } from './versions.ts';

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const CODE = /\/codes\/([^/]+)\/versions\/([^/]+)$/i;
const SHORT = /^azureml:([^/:]+):([^/:]+)$/i;
/** The version of what clients upload without a name: it is named by a GUID. */
const ONLY = '1';

/**
 * The id of a version of code among snapshots: a GUID, as run history and the content service have it. Code that a client named by a GUID has
 * that one (client source: snapshots are named by their makers); other code has one that is the same whenever it is asked for.
 */
export function snapshotIdOf(name: string, version: string): string {
  return version === ONLY && GUID.test(name) ? name : guidOf(`snapshot/${name}/${version}`);
}

/** The name and version in the id of code of a workspace, in any of the forms that jobs have; undefined for other texts and a registry's. */
export function parseCodeId(id: string): { readonly name: string; readonly version: string } | undefined {
  const match = /^azureml:\/\/registries\//i.test(id) ? null : (CODE.exec(id) ?? SHORT.exec(id));
  return match ? { name: match[1] as string, version: match[2] as string } : undefined;
}

/**
 * The version of code that a snapshot is.
 * @param id a snapshot's id, or the id of the code
 */
export async function findSnapshot(
  versions: AssetVersions,
  workspaceId: string,
  id: string,
): Promise<AssetVersion | undefined> {
  const code = parseCodeId(id);
  if (code) return versions.find(workspaceId, 'codes', code.name, code.version);
  const snapshotId = id.toLowerCase();
  if (!GUID.test(snapshotId)) return undefined;
  const own = await versions.find(workspaceId, 'codes', snapshotId, ONLY);
  if (own) return own;
  const named = await versions.names(workspaceId, 'codes');
  const found = named.find(({ name, version }) => snapshotIdOf(name, version) === snapshotId);
  return found && versions.find(workspaceId, 'codes', found.name, found.version);
}

/** Whether a client may name a snapshot so. */
export const isSnapshotId = (id: string): boolean => GUID.test(id);
