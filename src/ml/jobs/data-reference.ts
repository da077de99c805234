import { invalid, notFound, notImplemented } from '../../kernel/errors.ts';
import { ARTIFACT_CONTAINER, artifactPrefix, longDatastoreUri, parseBlobUrl, parseDatastoreUri } from '../places.ts';
import type { AssetType, BlobAccess, Workspace } from '../types.ts';
import type { AssetVersions } from '../versions.ts';

/** Where a datastore keeps its data: a container of a storage account. */
export type DatastorePlace = { readonly account: string; readonly container: string };

export type DataReferences = {
  /** The data behind a reference: a datastore URI in its long form, or another URL as it is; with its type where an asset tells one. */
  resolve(workspace: Workspace, reference: string): Promise<{ uri: string; type?: AssetType }>;
  /** The path on this machine's disk of a URI that `resolve` gave. */
  localPath(workspace: Workspace, uri: string): Promise<string>;
};

export type DataReferenceDeps = {
  readonly versions: AssetVersions;
  readonly blobs: BlobAccess;
  readonly datastore: (workspace: Workspace, name: string) => Promise<DatastorePlace | undefined>;
  /** Where an output of a run lies, from the run's plan. */
  readonly outputOf: (
    workspace: Workspace,
    runId: string,
    output: string,
  ) => Promise<{ uri: string; type: AssetType } | undefined>;
};

const ARM_VERSION = /\/(data|models)\/([^/]+)\/(?:versions\/([^/]+)|labels\/latest)$/i;
const OUTPUT_ASSET =
  /^azureml:\/\/locations\/[^/]+\/workspaces\/[^/]+\/data\/azureml_(.+)_output_data_(.+)\/versions\/1$/i;
const JOB_OUTPUT = /^azureml:\/\/jobs\/([^/]+)\/outputs\/([^/]+)(?:\/paths\/(.*))?$/i;
const RUN_ARTIFACT = /^runs:\/([^/]+)\/?(.*)$/i;
const NAMED = /^azureml:([^/:@]+)(?::([^/:@]+)|@latest)$/i;

const join = (base: string, path: string | undefined) => (path ? `${base.replace(/\/?$/, '/')}${path}` : base);

/** Understands every form in which clients name data. @returns functions that throw not-found for what isn't there */
export function createDataReferences(deps: DataReferenceDeps): DataReferences {
  const assetUri = async (workspace: Workspace, kind: 'data' | 'models', name: string, version: string | undefined) => {
    const asset =
      version === undefined
        ? await deps.versions.latest(workspace.id, kind, name)
        : await deps.versions.find(workspace.id, kind, name, version);
    const uri = asset?.properties[kind === 'data' ? 'dataUri' : 'modelUri'];
    if (typeof uri !== 'string') return undefined;
    return {
      uri,
      type: (asset?.properties[kind === 'data' ? 'dataType' : 'modelType'] ??
        (kind === 'data' ? 'uri_folder' : 'custom_model')) as AssetType,
    };
  };
  const missing = (reference: string) =>
    notFound(
      `There is no data or model '${reference}' in this workspace. Create it, or correct the name and version.`,
      {
        wire: 'UserError',
      },
    );

  const resolve: DataReferences['resolve'] = async (workspace, reference) => {
    const output = OUTPUT_ASSET.exec(reference) ?? JOB_OUTPUT.exec(reference);
    if (output) {
      const found = await deps.outputOf(workspace, output[1] as string, output[2] as string);
      if (!found) throw notFound(`There is no output '${output[2]}' of the job '${output[1]}'.`, { wire: 'UserError' });
      return { ...found, uri: join(found.uri, output[3]) };
    }
    const datastore = parseDatastoreUri(reference);
    if (datastore) return { uri: longDatastoreUri(workspace, datastore.datastore, datastore.path) };
    if (/^azureml:\/\/registries\//i.test(reference)) throw notImplemented('data and models of registries');
    const byId = ARM_VERSION.exec(reference);
    const byName = byId ? null : NAMED.exec(reference);
    if (byId || byName) {
      const [kind, name, version] = byId
        ? [byId[1]?.toLowerCase() as 'data' | 'models', byId[2] as string, byId[3]]
        : [undefined, (byName as RegExpExecArray)[1] as string, (byName as RegExpExecArray)[2]];
      const found = kind
        ? await assetUri(workspace, kind, name, version)
        : ((await assetUri(workspace, 'data', name, version)) ?? (await assetUri(workspace, 'models', name, version)));
      if (!found) throw missing(reference);
      return { type: found.type, uri: (await resolve(workspace, found.uri)).uri };
    }
    const artifact = RUN_ARTIFACT.exec(reference);
    if (artifact)
      return {
        uri: longDatastoreUri(
          workspace,
          'workspaceartifactstore',
          join(artifactPrefix(artifact[1] as string), artifact[2]),
        ),
      };
    if (/^(https?|wasbs?|abfss?):\/\//i.test(reference)) return { uri: reference };
    throw invalid(
      `'${reference.slice(0, 200)}' does not name data. Use azureml:name:version, azureml://datastores/… or an https URL.`,
      { wire: 'UserError' },
    );
  };

  return {
    resolve,
    async localPath(workspace, uri) {
      const blob = parseBlobUrl(uri);
      if (blob) return deps.blobs.pathOf(blob.account, blob.container, blob.blob.replace(/\/+$/, ''));
      const place = parseDatastoreUri(uri);
      if (!place) throw notImplemented(`reading job inputs from ${uri.split('/').slice(0, 3).join('/')}`);
      const path = place.path.replace(/\/+$/, '');
      if (place.datastore === 'workspaceartifactstore')
        return deps.blobs.pathOf(workspace.storageAccount, ARTIFACT_CONTAINER, path);
      const store = await deps.datastore(workspace, place.datastore);
      if (!store)
        throw notFound(`There is no datastore '${place.datastore}' in the workspace ${workspace.name}.`, {
          wire: 'UserError',
        });
      return deps.blobs.pathOf(store.account, store.container, path);
    },
  };
}
