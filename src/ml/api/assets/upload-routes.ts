import type { FastifyInstance } from 'fastify';
import { type ArmContext, checkName, parameter } from '../../arm/context.ts';
import type { Kind } from './kinds.ts';
import type { AssetHome } from './scopes.ts';

/** Where clients upload the content of a version before they make it. */
export function addUploadRoutes(service: FastifyInstance, context: ArmContext, home: AssetHome, kind: Kind): void {
  service.post(`${home.path}/${kind.kind}/:name/versions/:version/startPendingUpload`, async (request) => {
    const scope = await home.scopeOf(context, request);
    const name = checkName(kind.singular, parameter(request, 'name'));
    const version = checkName(`${kind.singular}'s version`, parameter(request, 'version'));
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
  });
}
