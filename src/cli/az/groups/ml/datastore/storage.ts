import { createHmac } from 'node:crypto';
import { AzError, commandError } from '../../../errors.ts';
import { ASSET_API } from '../references.ts';
import { type BlobContainer, openContainer } from '../upload/blob-container.ts';
import { segment, type Workspace } from '../workspace/scope.ts';

export type DatastoreResource = {
  readonly id: string;
  readonly name: string;
  readonly properties: {
    readonly datastoreType: string;
    readonly accountName?: string;
    readonly containerName?: string;
    readonly endpoint?: string;
    readonly credentials?: { readonly credentialsType?: string };
  } & Readonly<Record<string, unknown>>;
};

/** Opens a blob datastore's container with the credential that the service hands out, else with the user's own token. */
export async function openDatastore(workspace: Workspace, name: string): Promise<BlobContainer> {
  const { arm } = workspace;
  const path = `/datastores/${segment(name)}`;
  const datastore = await arm.json<DatastoreResource>({ path: workspace.path(path), apiVersion: ASSET_API.datastores });
  const { datastoreType, accountName, containerName, credentials } = datastore.properties;
  if (datastoreType !== 'AzureBlob' || !accountName || !containerName) {
    throw commandError(
      `not implemented: uploads to and downloads from the datastore '${name}' of type ${datastoreType}. Blob datastores work.`,
    );
  }
  const url = `https://${accountName}.blob.core.windows.net/${containerName}`;
  if (credentials?.credentialsType !== 'None') {
    try {
      const secret = await arm.json<{ secretsType?: string; sasToken?: string; key?: string }>({
        method: 'POST',
        path: workspace.path(`${path}/listSecrets`),
        apiVersion: ASSET_API.datastores,
        body: { expirableSecret: true, expireAfterHours: 1 },
        repeatable: true,
      });
      if (secret.sasToken) return openContainer(arm.http, url, { sas: secret.sasToken });
      if (secret.key)
        return openContainer(arm.http, url, { sas: accountKeySas(secret.key, accountName, containerName) });
    } catch (error) {
      // As the clients do: when the secrets are not to be had, the user's own identity may still have access.
      if (!(error instanceof AzError) || !error.status) throw error;
    }
  }
  const token = await arm.session.token('https://storage.azure.com');
  return openContainer(arm.http, url, { headers: { authorization: `Bearer ${token.accessToken}` } });
}

/** A service SAS for a container, signed with the account's key (documented string to sign, version 2020-12-06). */
function accountKeySas(key: string, account: string, container: string): string {
  const version = '2020-12-06';
  const permissions = 'rcwl';
  const expiry = `${new Date(Date.now() + 3_600_000).toISOString().slice(0, 19)}Z`;
  const fields = [
    permissions,
    '',
    expiry,
    `/blob/${account}/${container}`,
    '',
    '',
    'https,http',
    version,
    'c',
    '',
    '',
    '',
    '',
    '',
    '',
    '',
  ];
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(fields.join('\n')).digest('base64');
  return new URLSearchParams({
    sp: permissions,
    se: expiry,
    spr: 'https,http',
    sv: version,
    sr: 'c',
    sig: signature,
  }).toString();
}

/** Divides a datastore path, short or long, into the datastore's name and the path in it; undefined for anything else. */
export function parseDatastorePath(uri: string): { datastore: string; path: string } | undefined {
  const match =
    /^azureml:\/\/(?:subscriptions\/[^/]+\/resourcegroups\/[^/]+\/(?:providers\/Microsoft\.MachineLearningServices\/)?workspaces\/[^/]+\/)?datastores\/([^/]+)(?:\/paths\/(.*)|\/(ExperimentRun\/.+))?$/i.exec(
      uri,
    );
  // The service writes where a job's artifacts are without `paths` (client source).
  return match?.[1] ? { datastore: match[1], path: match[2] ?? match[3] ?? '' } : undefined;
}
