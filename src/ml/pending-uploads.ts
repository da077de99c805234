import type { Clock } from '../kernel/clock.ts';
import { newGuid } from '../kernel/ids.ts';
import type { Store } from '../store/index.ts';
import { blobUrl } from './places.ts';
import type { MlTables } from './tables.ts';
import type { BlobAccess } from './types.ts';
import type { AssetKind } from './versions.ts';

const HOURS = 24;

export type PendingUpload = {
  readonly id: string;
  /** That is this upload's own. */
  readonly container: string;
  /** The container's address. */
  readonly url: string;
  readonly sas: string;
};

export type PendingUploads = {
  /**
   * Where the content of a version goes, and the signature to write it: a container of its own. Asked again before the version is there, it is the
   * same one, so that an upload that was cut off can go on; of a version that is there, a fresh one, so that no registered content changes.
   * @param owner the workspace's or registry's id and its storage account
   */
  open(
    owner: { readonly id: string; readonly account: string },
    kind: AssetKind,
    name: string,
    version: string,
  ): Promise<PendingUpload>;
};

/** The uploads that come before a version is registered. They leave nothing but their container if it never is. */
export function createPendingUploads(deps: {
  store: Store<MlTables>;
  blobs: BlobAccess;
  clock: Clock;
}): PendingUploads {
  return {
    async open({ id, account }, kind, name, version) {
      const fresh = { upload_id: newGuid(), container: `${id.slice(0, 10).replace(/-$/, '0')}-${newGuid()}` };
      const upload = await deps.store.write(async (writer) => {
        const registered = await writer
          .selectFrom('ml_versions')
          .select('name')
          .where('workspace_id', '=', id)
          .where('kind', '=', kind)
          .where('name', '=', name)
          .where('version', '=', version)
          .executeTakeFirst();
        if (registered) return fresh;
        await writer
          .insertInto('ml_pending_uploads')
          .values({ workspace_id: id, kind, name, version, ...fresh })
          .onConflict((found) => found.columns(['workspace_id', 'kind', 'name', 'version']).doNothing())
          .execute();
        return writer
          .selectFrom('ml_pending_uploads')
          .select(['upload_id', 'container'])
          .where('workspace_id', '=', id)
          .where('kind', '=', kind)
          .where('name', '=', name)
          .where('version', '=', version)
          .executeTakeFirstOrThrow();
      });
      const expiry = new Date(deps.clock.now().getTime() + HOURS * 3600_000);
      const { container } = upload;
      const sas = await deps.blobs.signContainerSas({ account, container, permissions: 'racwl', expiry });
      return { id: upload.upload_id, container, url: blobUrl(account, container), sas };
    },
  };
}
