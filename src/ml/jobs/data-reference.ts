import { type DomainError, invalid, notFound } from '../../kernel/errors.ts';
import type { DownloadCache } from '../data/download-cache.ts';
import { ARTIFACT_CONTAINER, artifactPrefix, assetId, longDatastoreUri, outputAssetId } from '../places.ts';
import type { AssetType, BlobAccess, Workspace, WorkspaceReader } from '../types.ts';
import type { AssetVersion, AssetVersions } from '../versions.ts';
import { type AssetHome, type DataReference, parseReference } from './parse-reference.ts';

/** Where a datastore keeps its data: a container of a storage account. */
export type DatastorePlace = { readonly account: string; readonly container: string };

export type ResolvedData = {
  /** A datastore URI in its long form, or another URL as it is. */
  readonly uri: string;
  /** Where an asset tells one. */
  readonly type?: AssetType;
  /** The id by which run history knows the data, where it is a version or a run's output. */
  readonly assetId?: string;
};

export type DataReferences = {
  /** The data behind a reference, wherever it names it. @throws not-found for what isn't there, invalid for text that names no data */
  resolve(workspace: Workspace, reference: string): Promise<ResolvedData>;
  /** The same for the place of an output: somewhere that can be written. @throws invalid for anything else */
  resolveOutput(workspace: Workspace, reference: string): Promise<ResolvedData>;
  /** The path on this machine's disk of a URI that `resolve` gave, in a datastore or container. @throws invalid for one of the web */
  localPath(workspace: Workspace, uri: string): Promise<string>;
  /** Lets `use` read what a URI that `resolve` gave names, of the web too; it stays until `use` is done. */
  withLocal<T>(
    workspace: Workspace,
    uri: string,
    signal: AbortSignal,
    use: (path: string, isWeb: boolean) => Promise<T>,
  ): Promise<T>;
};

export type DataReferenceDeps = {
  readonly versions: AssetVersions;
  readonly blobs: BlobAccess;
  readonly workspaces: Pick<WorkspaceReader, 'find' | 'byId'>;
  readonly downloads: DownloadCache;
  readonly datastore: (workspace: Workspace, name: string) => Promise<DatastorePlace | undefined>;
  /** The name of the workspace's datastore on a container, where there is one. */
  readonly datastoreAt: (workspace: Workspace, place: DatastorePlace) => Promise<string | undefined>;
  /** The id under which a registry keeps its assets. */
  readonly registry: (name: string) => Promise<string | undefined>;
  /** Where an output of a run lies, from the run's plan. */
  readonly outputOf: (
    workspace: Workspace,
    runId: string,
    output: string,
  ) => Promise<{ uri: string; type: AssetType } | undefined>;
};

const join = (base: string, path: string) => (path === '' ? base : `${base.replace(/\/?$/, '/')}${path}`);
const userError = { wire: 'UserError' } as const;

/** Understands every form in which clients name data. */
export function createDataReferences(deps: DataReferenceDeps): DataReferences {
  const missing = (reference: string): DomainError =>
    notFound(
      `There is no data or model '${reference.slice(0, 300)}'. Create it, or correct the name and version.`,
      userError,
    );

  /** Where the assets of a home are kept, and the workspace in which their own references are to be read. */
  const homeOf = async (workspace: Workspace, home: AssetHome, reference: string) => {
    if (home.kind === 'here') return { key: workspace.id, workspace };
    if (home.kind === 'registry') {
      const key = await deps.registry(home.name);
      if (key === undefined) throw notFound(`There is no registry '${home.name}'.`, userError);
      return { key, workspace };
    }
    const found =
      home.kind === 'workspace' ? await deps.workspaces.find(home.scope) : await deps.workspaces.byId(home.id);
    if (!found) throw missing(reference);
    return { key: found.id, workspace: found };
  };

  const resolveAsset = async (
    workspace: Workspace,
    reference: string,
    parsed: Extract<DataReference, { kind: 'asset' }>,
  ): Promise<ResolvedData> => {
    const home = await homeOf(workspace, parsed.home, reference);
    for (const kind of parsed.assets ? [parsed.assets] : (['data', 'models'] as const)) {
      const asset = await versionOf(deps.versions, home.key, kind, parsed);
      const uri = asset?.properties[kind === 'data' ? 'dataUri' : 'modelUri'];
      if (!asset || typeof uri !== 'string') continue;
      const type = asset.properties[kind === 'data' ? 'dataType' : 'modelType'];
      return {
        ...(await resolve(home.workspace, uri)),
        type: (type ?? (kind === 'data' ? 'uri_folder' : 'custom_model')) as AssetType,
        assetId:
          parsed.home.kind === 'registry'
            ? `azureml://registries/${parsed.home.name}/${kind}/${asset.name}/versions/${asset.version}`
            : assetId(home.workspace, kind, asset.name, asset.version),
      };
    }
    throw missing(reference);
  };

  const resolve: DataReferences['resolve'] = async (workspace, reference) => {
    const parsed = parseReference(reference);
    switch (parsed?.kind) {
      case 'output': {
        const found = await deps.outputOf(workspace, parsed.runId, parsed.output);
        if (!found) throw notFound(`There is no output '${parsed.output}' of the job '${parsed.runId}'.`, userError);
        const whole = parsed.path === '' ? { assetId: outputAssetId(workspace, parsed.runId, parsed.output) } : {};
        return { ...found, ...whole, uri: join(found.uri, parsed.path) };
      }
      case 'artifacts':
        return {
          uri: longDatastoreUri(workspace, 'workspaceartifactstore', join(artifactPrefix(parsed.runId), parsed.path)),
        };
      case 'datastore': {
        const owner = parsed.scope ? await deps.workspaces.find(parsed.scope) : workspace;
        if (!owner)
          throw notFound(
            `There is no workspace '${parsed.scope?.name}', which '${reference.slice(0, 300)}' names.`,
            userError,
          );
        await placeOf(owner, parsed.datastore);
        return { uri: longDatastoreUri(owner, parsed.datastore, parsed.path) };
      }
      case 'asset':
        return resolveAsset(workspace, reference, parsed);
      case 'storage':
        if (!(await isKept(workspace, parsed)) && !/^https?:/i.test(reference)) {
          const open = publicAddress(reference, parsed);
          if (open !== undefined) return { uri: open };
          throw notFound(
            `The storage account '${parsed.account}' of '${reference.slice(0, 300)}' is none of this server's. Make a datastore for its container '${parsed.container}', and put the data there.`,
            userError,
          );
        }
        return { uri: reference };
      case 'web':
        return { uri: reference };
      default:
        throw invalid(
          `'${reference.slice(0, 200)}' does not name data. Use azureml:name:version, azureml://datastores/name/paths/path, azureml://jobs/name/outputs/output or an https URL; a path of your own machine is uploaded by the client first.`,
          userError,
        );
    }
  };

  const placeOf = async (workspace: Workspace, datastore: string): Promise<DatastorePlace> => {
    if (datastore === 'workspaceartifactstore')
      return { account: workspace.storageAccount, container: ARTIFACT_CONTAINER };
    const place = await deps.datastore(workspace, datastore);
    if (!place) throw notFound(`There is no datastore '${datastore}' in the workspace ${workspace.name}.`, userError);
    return place;
  };

  /** Whether a container is kept here: the account answers here, or a datastore stands for it. */
  const isKept = async (workspace: Workspace, place: DatastorePlace) =>
    deps.blobs.hosts(`${place.account}.blob.core.windows.net`) ||
    (await deps.datastoreAt(workspace, place)) !== undefined;

  const kept = async (workspace: Workspace, uri: string): Promise<string | undefined> => {
    const parsed = parseReference(uri);
    if (parsed?.kind === 'storage' && (await isKept(workspace, parsed)))
      return deps.blobs.pathOf(parsed.account, parsed.container, parsed.path.replace(/\/+$/, ''));
    if (parsed?.kind !== 'datastore') return undefined;
    const owner = (parsed.scope && (await deps.workspaces.find(parsed.scope))) ?? workspace;
    const place = await placeOf(owner, parsed.datastore);
    return deps.blobs.pathOf(place.account, place.container, parsed.path.replace(/\/+$/, ''));
  };

  return {
    resolve,
    async resolveOutput(workspace, reference) {
      const parsed = parseReference(reference);
      if (parsed?.kind !== 'datastore' && !(parsed?.kind === 'storage' && (await isKept(workspace, parsed))))
        throw invalid(
          `An output can't be written to '${reference.slice(0, 300)}'. Give it a path in a datastore: azureml://datastores/name/paths/path.`,
          userError,
        );
      return resolve(workspace, reference);
    },
    async localPath(workspace, uri) {
      const path = await kept(workspace, uri);
      if (path === undefined)
        throw invalid(`'${uri.slice(0, 300)}' is not kept here: name a path in a datastore.`, userError);
      return path;
    },
    async withLocal(workspace, uri, signal, use) {
      const path = await kept(workspace, uri);
      if (path !== undefined) return use(path, false);
      return deps.downloads.withFile(uri, signal, (file) => use(file, true));
    },
  };
}

/**
 * Where a file of a blob container lies for everybody, if its owner lets everybody read it, as those of the public examples do
 * (`wasbs://datasets@azuremlexamples.blob.core.windows.net/iris.csv`). Undefined for what looks like no file: of the web there are no folders.
 */
function publicAddress(reference: string, { account, container, path }: DatastorePlace & { path: string }) {
  if (!/^wasbs?:/i.test(reference) || !/\.\w+$/.test(path)) return undefined;
  const segments = [container, ...path.split('/')].map(encodeURIComponent);
  return `https://${account}.blob.core.windows.net/${segments.join('/')}`;
}

/** @throws invalid for a label that versions cannot have */
async function versionOf(
  versions: AssetVersions,
  home: string,
  kind: 'data' | 'models',
  { name, which }: Extract<DataReference, { kind: 'asset' }>,
): Promise<AssetVersion | undefined> {
  if ('version' in which) return versions.find(home, kind, name, which.version);
  if (which.label.toLowerCase() === 'latest') return versions.latest(home, kind, name);
  throw invalid(`'${name}@${which.label}': the only label of data and models is 'latest'.`, userError);
}
