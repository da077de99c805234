import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { invalid, notFound } from '../../kernel/errors.ts';
import { artifactPrefix, longDatastoreUri, parseDatastoreUri } from '../places.ts';
import type { Json } from '../wire-fields.ts';
import { artifactUri, loggedModelPlace } from './artifact-uri.ts';
import type { Call } from './call.ts';
import { findLoggedModel } from './logged-models.ts';
import { registeredModel, registeredVersion } from './registry-store.ts';

const STORE = 'workspaceartifactstore';

/** The origin of a model version's files among the artifacts that the client's plug-in for Azure ML reads; its containers are `name:version`. */
export const MODEL_ORIGIN = 'Model';
const MLMODEL_LIMIT = 1024 * 1024;

/** Where the files of a model version lie, and what it came from. */
export type ModelSource = {
  /** A datastore URI in its long form; another service's address as it is. */
  readonly uri: string;
  readonly runId: string;
  readonly modelId: string;
};

const RUN_PLACES = [
  /^mlflow-artifacts:(?:\/\/[^/]+)?\/+runs\/([^/]+)\/artifacts\/?(.*)$/s,
  /^runs:\/+([^/]+)\/?(.*)$/s,
  /^azureml:\/\/.*\/runs\/([^/]+)\/artifacts\/?(.*)$/s,
  /^https?:\/\/.*\/mlflow-artifacts\/artifacts\/runs\/([^/]+)\/artifacts\/?(.*)$/s,
];

/**
 * Reads the source that a client registers a model from: artifacts of a run in any form, a logged model (`models:/m-…`), another version
 * (`models:/name/1`), a datastore path, an address of another service.
 * @throws invalid for a path of the client's own machine, which no server can read; not-found for a model that isn't there
 */
export async function readModelSource(call: Call, source: string, modelId: string): Promise<ModelSource> {
  const inStore = (path: string) => longDatastoreUri(call.workspace, STORE, path);
  const ofModel = async (id: string): Promise<ModelSource> => {
    const model = await findLoggedModel(call, id);
    const { runId, path } = loggedModelPlace(model.source_run_id, model.model_id);
    return { uri: inStore(`${artifactPrefix(runId)}/${path}`), runId: model.source_run_id, modelId: id };
  };
  for (const pattern of RUN_PLACES) {
    const match = pattern.exec(source);
    if (!match) continue;
    const path = (match[2] ?? '').replace(/\/+$/, '');
    if (path.split('/').includes('..')) throw invalid(`The source '${source.slice(0, 200)}' leaves its run.`);
    const within = /(?:^|\/)models\/(m-[0-9a-f]{32})(?:\/|$)/.exec(path)?.[1] ?? '';
    return {
      uri: inStore(`${artifactPrefix(match[1] as string)}/${path}`),
      runId: match[1] as string,
      modelId: modelId || within,
    };
  }
  const artifacts = /^azureml:\/\/artifacts\/(.+)$/.exec(source)?.[1];
  if (artifacts !== undefined) return { uri: inStore(artifacts), runId: '', modelId };
  const logged = /^models:\/+(m-[0-9a-f]+)\/?$/.exec(source)?.[1];
  if (logged !== undefined) return ofModel(logged);
  const version = /^models:\/+([^/@]+)(?:\/([^/]+)|@(.+))$/.exec(source);
  if (version) {
    const name = version[1] as string;
    const wanted = version[2] ?? (await registeredModel(call, name)).aliases[version[3] as string];
    if (wanted === undefined) throw notFound(`The registered model '${name}' has no alias '${version[3]}'.`);
    const { model, asset } = await registeredVersion(call, name, wanted);
    if (model.kind === 'prompts')
      throw invalid(`'${name}' is a prompt, which has no files to register a model from.`, { target: 'source' });
    const { properties } = asset;
    return { uri: String(properties['modelUri']), runId: String(properties['jobName'] ?? ''), modelId };
  }
  const place = parseDatastoreUri(source);
  if (place) return { uri: longDatastoreUri(call.workspace, place.datastore, place.path), runId: '', modelId };
  if (/^(?:https?|wasbs?|abfss?|s3|gs|r2|b2|hdfs|dbfs|azureml):/i.test(source))
    return { uri: source, runId: '', modelId };
  throw invalid(
    `Invalid model version source: '${source.slice(0, 200)}'. A server cannot read a path of the client's machine: log the model in a run first, and register it from there (runs:/RUN/PATH).`,
    { target: 'source' },
  );
}

/** The address from which the caller's client downloads a version. */
export function downloadUri(call: Call, name: string, version: string, modelUri: string): string {
  const place = parseDatastoreUri(modelUri);
  if (!place) return modelUri;
  const inRun = /^ExperimentRun\/dcid\.([^/]+)\/?(.*)$/s.exec(place.path);
  if (place.datastore === STORE && inRun) {
    const root = artifactUri(call, { kind: 'run', experimentId: '0', runId: inRun[1] as string });
    return inRun[2] ? `${root}/${inRun[2]}` : root;
  }
  if (call.artifacts.kind === 'proxied') return `mlflow-artifacts:/models/${name}/${version}`;
  if (place.datastore === STORE) return `azureml://artifacts/${place.path}`;
  // The plug-in reads no address of a datastore, only origin, container and path (client source).
  const last = place.path.replace(/\/+$/, '').split('/').pop();
  return last ? `azureml://artifacts/${MODEL_ORIGIN}/${name}:${version}/${last}` : modelUri;
}

/** The `flavors` of a model's `MLmodel` file in ARM's shape; `{}` where there is none that can be read. The model itself is never loaded. */
export async function readFlavors(call: Call, uri: string): Promise<Record<string, { data: Record<string, string> }>> {
  const folder = await call.deps.modelPath(call.workspace, uri).catch(() => undefined);
  if (folder === undefined) return {};
  const file = join(folder, 'MLmodel');
  const size = (await stat(file).catch(() => undefined))?.size ?? 0;
  if (size === 0 || size > MLMODEL_LIMIT) return {};
  try {
    const document = parse(await readFile(file, 'utf8'), { maxAliasCount: 100 }) as Json | null;
    const flavors: Record<string, { data: Record<string, string> }> = {};
    for (const [name, data] of Object.entries((document?.['flavors'] ?? {}) as Record<string, Json | null>)) {
      const texts = Object.entries(data ?? {}).filter(([, value]) => value !== null && typeof value !== 'object');
      flavors[name] = { data: Object.fromEntries(texts.map(([key, value]) => [key, String(value)])) };
    }
    return flavors;
  } catch {
    // A damaged MLmodel doesn't keep its model from being registered: the client wrote it, and will tell.
    return {};
  }
}
