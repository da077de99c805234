import { type DatastorePath, LAKE_CONTAINER, parseDatastoreUri } from '../places.ts';
import type { WorkspaceScope } from '../types.ts';

/** Which workspace or registry an asset is in, where its reference says so. */
export type AssetHome =
  | { readonly kind: 'here' }
  | { readonly kind: 'workspace'; readonly scope: WorkspaceScope }
  | { readonly kind: 'workspace-id'; readonly id: string }
  | { readonly kind: 'registry'; readonly name: string };

/** What a reference to data is about. */
export type DataReference =
  | ({ readonly kind: 'datastore' } & DatastorePath)
  /** A version of data or of a model; without `assets` either. */
  | {
      readonly kind: 'asset';
      readonly home: AssetHome;
      readonly assets?: 'data' | 'models';
      readonly name: string;
      readonly which: { readonly version: string } | { readonly label: string };
    }
  | { readonly kind: 'output'; readonly runId: string; readonly output: string; readonly path: string }
  /** Below the folder of a run's artifacts. */
  | { readonly kind: 'artifacts'; readonly runId: string; readonly path: string }
  /** In a container of a storage account, however its address is written. */
  | { readonly kind: 'storage'; readonly account: string; readonly container: string; readonly path: string }
  | { readonly kind: 'web'; readonly url: string };

const SCOPE =
  'subscriptions/([^/]+)/resourcegroups/([^/]+)(?:/providers/Microsoft\\.MachineLearningServices)?/workspaces/([^/]+)';
const ASSET = '(data|models)/([^/]+)/(versions|labels)/([^/]+)';
const IN_WORKSPACE = new RegExp(`^(?:azureml:/|azureml://|/)${SCOPE}/${ASSET}$`, 'i');
const BY_WORKSPACE_ID = new RegExp(`^azureml://locations/[^/]+/workspaces/([^/]+)/${ASSET}$`, 'i');
const IN_REGISTRY = new RegExp(`^azureml://registries/([^/]+)/${ASSET}$`, 'i');
/** The unregistered asset that an output of a run becomes. */
const OUTPUT_ASSET = /^azureml_(.+)_output_data_(.+)$/;
/** Notebooks end an output's name by a slash as they end a folder's. */
const JOB_OUTPUT = /^azureml:\/\/jobs\/([^/]+)\/outputs\/([^/]+)(?:\/|\/paths(?:\/(.*))?)?$/i;
const RUN_ARTIFACT = /^runs:\/([^/]+)\/?(.*)$/i;
const MODEL = /^models:\/([^/@]+)(?:\/([^/@]+)|@(.+))$/i;
const NAMED = /^azureml:([^/:@]+)(?::([^/@]+)|@([^/:@]+))$/i;
const HOSTED = /^https?:\/\/([a-z0-9]{3,24})\.(?:blob|dfs)\.core\.windows\.net(?::\d+)?\/([^/?]+)(?:\/([^?]*))?/i;
const DRIVER =
  /^(?:wasbs?|abfss?):\/\/([^@/]+)@([a-z0-9]{3,24})\.(?:blob|dfs)\.core\.windows\.net(?::\d+)?(?:\/(.*))?$/i;
const LAKE = /^adl:\/\/([a-z0-9]{3,24})\.azuredatalakestore\.net(?:\/(.*))?$/i;
/** Understands every form in which clients name data; undefined for any other text. Paths are decoded, without a slash at the start. */
export function parseReference(text: string): DataReference | undefined {
  const datastore = parseDatastoreUri(text.replace(/^azureml:(?=azureml:\/\/)/i, ''));
  if (datastore) return { kind: 'datastore', ...datastore };
  const asset = assetOf(text);
  if (asset) {
    const made = OUTPUT_ASSET.exec(asset.name);
    if (made && asset.assets !== 'models' && asset.home.kind !== 'registry')
      return { kind: 'output', runId: made[1] as string, output: made[2] as string, path: '' };
    return asset;
  }
  const output = JOB_OUTPUT.exec(text);
  if (output) {
    const [, runId = '', name = '', path = ''] = output;
    return { kind: 'output', runId, output: name, path };
  }
  const artifact = RUN_ARTIFACT.exec(text);
  if (artifact) return { kind: 'artifacts', runId: artifact[1] as string, path: artifact[2] ?? '' };
  return storageOf(text) ?? (/^https?:\/\//i.test(text) && URL.canParse(text) ? { kind: 'web', url: text } : undefined);
}

function assetOf(text: string): Extract<DataReference, { kind: 'asset' }> | undefined {
  const asset = (home: AssetHome, parts: readonly (string | undefined)[]) => {
    const [kind, name, by, which] = parts as [string, string, string, string];
    return {
      kind: 'asset' as const,
      home,
      assets: kind.toLowerCase() as 'data' | 'models',
      name,
      which: by.toLowerCase() === 'versions' ? { version: which } : { label: which },
    };
  };
  const inWorkspace = IN_WORKSPACE.exec(text);
  if (inWorkspace) {
    const [, subscriptionId = '', resourceGroup = '', name = '', ...parts] = inWorkspace;
    return asset({ kind: 'workspace', scope: { subscriptionId, resourceGroup, name } }, parts);
  }
  const byId = BY_WORKSPACE_ID.exec(text);
  if (byId) return asset({ kind: 'workspace-id', id: byId[1] as string }, byId.slice(2));
  const inRegistry = IN_REGISTRY.exec(text);
  if (inRegistry) return asset({ kind: 'registry', name: inRegistry[1] as string }, inRegistry.slice(2));
  const model = MODEL.exec(text);
  if (model) return { ...named(model), assets: 'models' };
  const byName = NAMED.exec(text);
  return byName ? named(byName) : undefined;
}

function named([, name = '', version, label]: RegExpExecArray) {
  return {
    kind: 'asset' as const,
    home: { kind: 'here' as const },
    name,
    which: version === undefined ? { label: label ?? '' } : { version },
  };
}

function storageOf(text: string): DataReference | undefined {
  const storage = (account: string, container: string, path: string | undefined) => ({
    kind: 'storage' as const,
    account: account.toLowerCase(),
    container,
    path: decoded(path ?? ''),
  });
  const hosted = HOSTED.exec(text);
  if (hosted) return storage(hosted[1] as string, hosted[2] as string, hosted[3]);
  const driver = DRIVER.exec(text);
  if (driver) return storage(driver[2] as string, driver[1] as string, driver[3]);
  const lake = LAKE.exec(text);
  return lake ? storage(lake[1] as string, LAKE_CONTAINER, lake[2]) : undefined;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path).replace(/^\/+/, '');
  } catch {
    return path.replace(/^\/+/, '');
  }
}
