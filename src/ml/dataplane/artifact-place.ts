import type { FastifyRequest } from 'fastify';
import { invalid, notFound } from '../../kernel/errors.ts';
import { datastorePlace } from '../datastores.ts';
import { ARTIFACT_CONTAINER, artifactPrefix, parseDatastoreUri } from '../places.ts';
import { MODEL_ORIGIN, workspaceOf } from '../tracking/index.ts';
import type { Workspace } from '../types.ts';
import { type DataPlaneDeps, parameter } from './deps.ts';

const STORE = 'workspaceartifactstore';

/** A container of artifacts as the artifact service names them: by its origin and a name, above paths. */
export type ArtifactPlace = {
  readonly origin: string;
  readonly name: string;
  readonly datastore: string;
  /** Where it lies in storage. */
  readonly account: string;
  readonly container: string;
  /** The folder above all paths, without a slash at the end. */
  readonly folder: string;
  /** The one file or folder of it that may be read; such a place is written to by nobody. */
  readonly only?: string;
  /** What errors call it. */
  readonly what: string;
};

/**
 * The place that a request names: a run's, an upload of a client's own, or the files of a model version.
 * @throws not-found for a model that isn't there or whose files aren't here
 */
export async function artifactPlace(
  deps: DataPlaneDeps,
  request: FastifyRequest,
): Promise<{ workspace: Workspace; place: ArtifactPlace }> {
  const workspace = await workspaceOf(deps.workspaces, request);
  const name = parameter(request, 'container');
  const origin = parameter(request, 'origin') || 'ExperimentRun';
  const inStore = { datastore: STORE, account: workspace.storageAccount, container: ARTIFACT_CONTAINER };
  if (origin === 'ExperimentRun') {
    const runId = segment(parameter(request, 'runId') || name.replace(/^dcid\./, ''));
    const folder = artifactPrefix(runId);
    return { workspace, place: { ...inStore, origin, name: `dcid.${runId}`, folder, what: `run ${runId}` } };
  }
  if (origin === 'LocalUpload') {
    const folder = `${origin}/${segment(name)}`;
    return { workspace, place: { ...inStore, origin, name, folder, what: `upload ${name}` } };
  }
  if (origin === MODEL_ORIGIN) return { workspace, place: await modelPlace(deps, workspace, name) };
  throw notFound(`There are no artifacts of the origin '${origin.slice(0, 80)}' here.`, { target: 'origin' });
}

/** @param named `name:version` */
async function modelPlace(deps: DataPlaneDeps, workspace: Workspace, named: string): Promise<ArtifactPlace> {
  const cut = named.indexOf(':');
  const asset = await deps.versions.find(workspace.id, 'models', named.slice(0, cut), named.slice(cut + 1));
  const uri = parseDatastoreUri(String(asset?.properties['modelUri'] ?? ''));
  const record = uri && (await deps.datastores.find(workspace.id, uri.datastore));
  const store = record && datastorePlace(workspace, record);
  const segments = (uri?.path ?? '').split('/').filter((one) => one !== '');
  const only = segments.pop();
  if (!uri || !store || !only)
    throw notFound(`There are no files of the model '${named.slice(0, 200)}' here.`, { target: 'container' });
  const { account, container } = store;
  const folder = segments.join('/');
  return {
    origin: MODEL_ORIGIN,
    name: named,
    datastore: uri.datastore,
    account,
    container,
    folder,
    only,
    what: `model ${named}`,
  };
}

/** Where an artifact lies in its place's container. @throws invalid when the path leaves the place */
export function artifactBlobOf(place: ArtifactPlace, path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || (place.only !== undefined && parts.length > 0 && parts[0] !== place.only))
    throw invalid(`The artifact path '${path.slice(0, 200)}' leaves its ${place.what}.`, { target: 'path' });
  return [place.folder, ...parts].filter((part) => part !== '').join('/');
}

function segment(name: string): string {
  if (name !== '' && name !== '.' && name !== '..' && !/[/\\]/.test(name)) return name;
  throw invalid(`'${name.slice(0, 200)}' is no name of a container of artifacts.`, { target: 'container' });
}
