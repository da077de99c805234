import type { FastifyInstance } from 'fastify';
import { type Authenticate, createService, statusOf } from '../http/index.ts';
import type { Log } from '../kernel/log.ts';
import { addExtensionIndex } from './extension-index.ts';

/** First path segments of the cloud metadata document on a loopback address. */
export const cloudMetadataPrefixes = ['_cloud'] as const;

/** Where clients that were not told ask for it, whatever the api-version (azureml-mlflow, seen). */
const PUBLIC_PATH = '/metadata/endpoints';

/** The one path of Azure Resource Manager's host that is the document's; other clients are told by `ARM_CLOUD_METADATA_URL`. */
export const cloudMetadataHosts = (host: string, path?: string): boolean =>
  host === 'management.azure.com' && path?.split('?', 1)[0]?.toLowerCase() === PUBLIC_PATH;

/** Where the document lies on the server's loopback address. */
export const CLOUD_METADATA_PATH = '/_cloud/metadata/endpoints';

/**
 * The document that `ARM_CLOUD_METADATA_URL` names, for clients that are told of their cloud instead of being proxied. The list holds
 * no cloud that clients have built in: old ones lose the whole list over it.
 */
export function createCloudMetadata(deps: {
  readonly log: Log;
  readonly authenticate: Authenticate;
  /** Folders in which az's extensions are installed. */
  readonly extensionFolders: readonly string[];
  /** The public list of extensions; absent: as it is had from the network. */
  readonly publicExtensions?: () => Promise<Readonly<Record<string, unknown>>>;
}): FastifyInstance {
  const service = createService({
    name: 'cloud-metadata',
    log: deps.log,
    authenticate: deps.authenticate,
    toWire: (error) => ({
      status: statusOf(error),
      body: { error: { code: error.wire ?? error.code, message: error.message } },
    }),
  });
  service.get(CLOUD_METADATA_PATH, { config: { open: true } }, async () => [MILLRACE_CLOUD]);
  // In a process in which azure-ai-ml has named the cloud `AzureCloud`, azureml-mlflow looks for it here, having not found it in the other list (seen).
  service.get(PUBLIC_PATH, { config: { open: true } }, async () => [
    MILLRACE_CLOUD,
    { ...MILLRACE_CLOUD, name: 'AzureCloud' },
  ]);
  addExtensionIndex(service, deps.extensionFolders, deps.publicExtensions);
  return service;
}

const MILLRACE_CLOUD = {
  name: 'MillraceCloud',
  portal: 'https://portal.azure.com',
  resourceManager: 'https://management.azure.com/',
  batch: 'https://batch.core.windows.net/',
  graphAudience: 'https://graph.windows.net/',
  graph: 'https://graph.windows.net/',
  microsoftGraphResourceId: 'https://graph.microsoft.com/',
  media: 'https://rest.media.azure.net',
  sqlManagement: 'https://management.core.windows.net:8443/',
  vmImageAliasDoc: '',
  authentication: {
    loginEndpoint: 'https://login.microsoftonline.com',
    audiences: ['https://management.core.windows.net/', 'https://management.azure.com/'],
    tenant: 'common',
    identityProvider: 'AAD',
  },
  suffixes: {
    storage: 'core.windows.net',
    acrLoginServer: 'azurecr.io',
    keyVaultDns: 'vault.azure.net',
    sqlServerHostname: 'database.windows.net',
  },
};
