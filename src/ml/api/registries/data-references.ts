import type { FastifyInstance, FastifyRequest } from 'fastify';
import { conflict, invalid } from '../../../kernel/errors.ts';
import { type ArmContext, checkName, parameter } from '../../arm/context.ts';
import { REGISTRY, registryOf, writableRegistryOf } from '../../arm/registry-of.ts';
import { parseReference } from '../../jobs/parse-reference.ts';
import { blobUrl, storageAccountId } from '../../places.ts';
import { parseRegistryReference } from '../../registry-reference.ts';
import { textField } from '../../wire-fields.ts';

const READ_HOURS = 24;

/** Where clients upload the content of a registry's asset to, and read it from. */
export function addRegistryDataRoutes(service: FastifyInstance, context: ArmContext): void {
  const assetOf = (request: FastifyRequest) => {
    const id = textField(request.body, 'assetId') ?? '';
    const asset = parseRegistryReference(id);
    if (!asset)
      throw invalid(
        `'assetId' is azureml://registries/{registry}/{kind}/{name}/versions/{version}, not '${id.slice(0, 200)}'.`,
        {
          target: 'assetId',
          wire: 'UserError',
        },
      );
    return asset;
  };

  // The clients' way to upload to a registry (client source); what is there already they take as uploaded.
  service.put(`${REGISTRY}/tempdatarefs/:name/versions/:version`, async (request) => {
    const registry = await writableRegistryOf(context, request);
    const { kind } = assetOf(request);
    const name = checkName('asset', parameter(request, 'name'));
    const version = checkName("asset's version", parameter(request, 'version'));
    if (await context.versions.find(registry.id, kind, name, version))
      throw conflict(`The asset ${name}:${version} already exists in the registry ${registry.name}.`, {
        wire: 'UserError',
      });
    const owner = { id: registry.id, account: registry.storageAccount };
    const upload = await context.uploads.open(owner, kind, name, version);
    return {
      blobReferenceForConsumption: {
        blobUri: upload.url,
        storageAccountArmId: storageAccountId(registry),
        credential: { credentialType: 'SAS', sasUri: `${upload.url}?${upload.sas}` },
      },
      temporaryDataReferenceId: upload.id,
      temporaryDataReferenceType: 'TemporaryBlobReference',
    };
  });

  const read = async (request: FastifyRequest, signs: 'content' | 'container') => {
    const registry = await registryOf(context, request);
    const blobUri = textField(request.body, 'blobUri') ?? '';
    const place = parseReference(blobUri);
    // Nothing but the registry's own content is signed.
    if (place?.kind !== 'storage' || place.account !== registry.storageAccount)
      throw invalid(`'blobUri' is not in the storage of the registry ${registry.name}: '${blobUri.slice(0, 200)}'.`, {
        target: 'blobUri',
        wire: 'UserError',
      });
    const sas = await context.blobs.signContainerSas({
      account: place.account,
      container: place.container,
      permissions: 'rl',
      expiry: new Date(context.clock.now().getTime() + READ_HOURS * 3600_000),
    });
    return {
      blobReferenceForConsumption: {
        blobUri,
        storageAccountArmId: storageAccountId(registry),
        credential: {
          credentialType: 'SAS',
          sasUri: `${signs === 'content' ? blobUri : blobUrl(place.account, place.container)}?${sas}`,
        },
      },
    };
  };
  service.post(`${REGISTRY}/datareferences/:name/versions/:version`, (request) => read(request, 'content'));
  // The clients look for the content's path below what they are given (client source): that is its container.
  service.post(`${REGISTRY}/datarefs/:name/versions/:version`, (request) => read(request, 'container'));
}
