import { commandError } from '../../../errors.ts';
import { openDatastore, parseDatastorePath } from '../datastore/storage.ts';
import type { Workspace } from '../workspace/scope.ts';

/**
 * Downloads what lies at a datastore address into a folder.
 * @returns how many files
 * @throws when the address is no datastore path
 */
export async function downloadUri(workspace: Workspace, uri: string, folder: string): Promise<number> {
  const place = parseDatastorePath(uri);
  if (!place) throw commandError(`not implemented: downloads from ${uri.split('?')[0]}. Paths in datastores work.`);
  const container = await openDatastore(workspace, place.datastore);
  return container.download(place.path, folder);
}
