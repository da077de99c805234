import { type ArmContext, checkName } from '../../arm/context.ts';
import type { AssetRoutes } from './asset-request.ts';
import type { AssetHome } from './scopes.ts';

/** Where clients upload the content of a version before they make it. */
export function addUploadRoutes(on: AssetRoutes, context: ArmContext, home: AssetHome): void {
  on(
    'POST',
    '/:name/versions/:version/startPendingUpload',
    async (asked) => {
      const { scope, kind } = asked;
      const name = checkName(kind.singular, asked.name);
      const version = checkName(`${kind.singular}'s version`, asked.version);
      const upload = await context.uploads.open(scope, kind.kind, name, version);
      return {
        pendingUploadId: upload.id,
        pendingUploadType: 'TemporaryBlobReference',
        blobReferenceForConsumption: {
          blobUri: upload.url,
          storageAccountArmId: scope.storageAccountArmId,
          credential: { credentialType: 'SAS', sasUri: `${upload.url}?${upload.sas}` },
        },
      };
    },
    (kind) => kind.uploads === 'everywhere' || kind.uploads === home.kind,
  );
}
