import { invalid } from '../../kernel/errors.ts';
import type { AssetVersion } from '../versions.ts';
import type { Json } from '../wire-fields.ts';
import type { Call } from './call.ts';
import { noteModelVersion } from './logged-models.ts';
import { downloadUri, readFlavors, readModelSource } from './model-source.ts';
import { kindOf, modelName, registryTags, userTags } from './registry-fields.ts';
import {
  addVersion,
  changedAt,
  changeVersions,
  type RegisteredKind,
  type RegisteredModel,
  registeredVersion,
  removeVersion,
} from './registry-store.ts';
import { announce } from './webhook-delivery.ts';
import { key, pairs, REGISTRY_TAG_LIMIT, text } from './wire.ts';

const STAGES = ['None', 'Staging', 'Production', 'Archived'];

/** Properties of a model version's asset that only MLflow has a use for; `mlflow.modelSourceUri` is the public service's own. */
const SOURCE = 'mlflow.modelSourceUri';
const MODEL_ID = 'mlflow.modelId';
const RUN_LINK = 'mlflow.runLink';
const USER = 'mlflow.user';

/** A stage in the form that is kept, whatever its case. @throws invalid for another word */
export function stageName(word: string): string {
  const stage = STAGES.find((one) => one.toLowerCase() === word.toLowerCase());
  if (!stage)
    throw invalid(`Invalid Model Version stage: ${word}. Value must be one of ${STAGES.join(', ')}.`, {
      target: 'stage',
    });
  return stage;
}

/** The stage of a version; the workspace's own words that MLflow has none for (Development) count as none. */
export function stageOf(asset: AssetVersion): string {
  const stage = String(asset.properties['stage'] ?? 'None');
  return STAGES.find((one) => one.toLowerCase() === stage.toLowerCase()) ?? 'None';
}

const extras = (asset: AssetVersion) => (asset.properties['properties'] ?? {}) as Json;
const extra = (asset: AssetVersion, name: string) => String(extras(asset)[name] ?? '');
export const tagsOf = (asset: AssetVersion) => (asset.properties['tags'] ?? {}) as Record<string, string>;
const modelUri = (asset: AssetVersion) => String(asset.properties['modelUri'] ?? '');
/** Where a version came from, as its client said it; of one that the workspace's other clients made, where it lies. */
export const sourceOf = (asset: AssetVersion): string => extra(asset, SOURCE) || modelUri(asset);
export const runOf = (asset: AssetVersion): string => String(asset.properties['jobName'] ?? '');

export function wireVersion(model: RegisteredModel, asset: AssetVersion) {
  return {
    name: model.name,
    version: asset.version,
    creation_timestamp: Date.parse(asset.createdAt),
    last_updated_timestamp: changedAt(asset),
    user_id: extra(asset, USER),
    current_stage: stageOf(asset),
    description: String(asset.properties['description'] ?? ''),
    source: sourceOf(asset),
    run_id: runOf(asset),
    status: 'READY',
    status_message: '',
    run_link: extra(asset, RUN_LINK),
    tags: pairs(tagsOf(asset)),
    aliases: Object.keys(model.aliases).filter((alias) => model.aliases[alias] === asset.version),
    ...(extra(asset, MODEL_ID) === '' ? {} : { model_id: extra(asset, MODEL_ID) }),
  };
}

async function versionOf(call: Call) {
  const { model, asset } = await registeredVersion(call, text(call.fields, 'name'), text(call.fields, 'version'));
  return wireVersion(model, asset);
}

const PROMPT_TEXT = 'mlflow.prompt.text';
/** What the client says a prompt's source is: its text stands in its tags (client source). */
const PROMPT_SOURCES = ['dummy-source', 'prompt-template'];

/** Adds a version to a prompt: a model version that has tags and no files. */
async function addPromptVersion(call: Call, name: string, tags: Readonly<Record<string, string>>): Promise<string> {
  const source = text(call.fields, 'source', { limit: 1000 });
  if (!PROMPT_SOURCES.includes(source))
    throw invalid(`'${source.slice(0, 200)}' is not the source of a prompt: use ${PROMPT_SOURCES.join(' or ')}.`, {
      target: 'source',
    });
  const user = call.principal.kind === 'identity' ? call.principal.name : '';
  const description = text(call.fields, 'description', { fallback: '' });
  const runId = text(call.fields, 'run_id', { fallback: '' });
  return addVersion(call, 'prompts', name, {
    stage: 'None',
    ...(runId === '' ? {} : { jobName: runId }),
    ...(description === '' ? {} : { description }),
    tags,
    properties: { [SOURCE]: source, ...(user === '' ? {} : { [USER]: user }) },
  });
}

export async function createModelVersion(call: Call) {
  const name = modelName(call);
  const tags = registryTags(call);
  if (kindOf(tags) === 'prompts') {
    const version = await addPromptVersion(call, name, tags);
    const { model, asset } = await registeredVersion(call, name, version);
    const { [PROMPT_TEXT]: template = '', ...own } = userTags(tags);
    const told = {
      name,
      version,
      template,
      tags: own,
      description: text(call.fields, 'description', { fallback: '' }) || null,
    };
    await announce(call, { entity: 'prompt_version', action: 'created' }, told);
    return { model_version: wireVersion(model, asset) };
  }
  const source = text(call.fields, 'source', { limit: 1000 });
  const place = await readModelSource(call, source, text(call.fields, 'model_id', { fallback: '' }));
  const runId = text(call.fields, 'run_id', { fallback: '' }) || place.runId;
  const description = text(call.fields, 'description', { fallback: '' });
  const own: Record<string, string> = {
    [SOURCE]: source,
    [MODEL_ID]: place.modelId,
    [RUN_LINK]: text(call.fields, 'run_link', { fallback: '', limit: 500 }),
    [USER]: call.principal.kind === 'identity' ? call.principal.name : '',
  };
  const version = await addVersion(call, 'models', name, {
    modelType: 'mlflow_model',
    modelUri: place.uri,
    flavors: await readFlavors(call, place.uri),
    stage: 'None',
    ...(runId === '' ? {} : { jobName: runId }),
    ...(description === '' ? {} : { description }),
    tags,
    properties: Object.fromEntries(Object.entries(own).filter(([, value]) => value !== '')),
  });
  if (place.modelId !== '') await noteModelVersion(call, place.modelId, name, version);
  const { model, asset } = await registeredVersion(call, name, version);
  const told = { name, version, source, run_id: runId || null, tags, description: description || null };
  await announce(call, { entity: 'model_version', action: 'created' }, told);
  return { model_version: wireVersion(model, asset) };
}

export async function getModelVersion(call: Call) {
  return { model_version: await versionOf(call) };
}

const change = (call: Call, set: (asset: AssetVersion) => Json) => {
  const version = text(call.fields, 'version');
  return changeVersions(call, text(call.fields, 'name'), version, (asset) =>
    asset.version === version ? { ...asset.properties, ...set(asset) } : undefined,
  );
};

export async function updateModelVersion(call: Call) {
  const description = text(call.fields, 'description', { fallback: '' });
  await change(call, () => ({ description }));
  return { model_version: await versionOf(call) };
}

export async function deleteModelVersion(call: Call) {
  await removeVersion(call, text(call.fields, 'name'), text(call.fields, 'version'));
  return {};
}

export async function transitionStage(call: Call) {
  const stage = stageName(text(call.fields, 'stage'));
  const version = text(call.fields, 'version');
  const others = String(call.fields.archive_existing_versions ?? false) === 'true';
  if (others && stage !== 'Staging' && stage !== 'Production')
    throw invalid(
      `Model version transition cannot archive existing model versions because '${stage}' is not an active stage. Valid stages are Staging and Production.`,
      { target: 'archive_existing_versions' },
    );
  await changeVersions(call, text(call.fields, 'name'), version, (asset) => {
    if (asset.version === version) return { ...asset.properties, stage };
    return others && stageOf(asset) === stage ? { ...asset.properties, stage: 'Archived' } : undefined;
  });
  return { model_version: await versionOf(call) };
}

export async function getDownloadUri(call: Call) {
  const { model, asset } = await registeredVersion(call, text(call.fields, 'name'), text(call.fields, 'version'));
  if (model.kind === 'prompts') return { artifact_uri: sourceOf(asset) };
  return { artifact_uri: downloadUri(call, model.name, asset.version, modelUri(asset)) };
}

async function announceTag(
  call: Call,
  kind: RegisteredKind,
  action: 'set' | 'deleted',
  tag: { key: string; value?: string },
): Promise<void> {
  const [name, version] = [text(call.fields, 'name'), text(call.fields, 'version')];
  const entity = kind === 'prompts' ? 'prompt_version_tag' : 'model_version_tag';
  await announce(call, { entity, action }, { name, version, ...tag });
}

export async function setModelVersionTag(call: Call) {
  const [name, value] = [key(call.fields), text(call.fields, 'value', { fallback: '', limit: REGISTRY_TAG_LIMIT })];
  const kind = await change(call, (asset) => ({ tags: { ...tagsOf(asset), [name]: value } }));
  await announceTag(call, kind, 'set', { key: name, value });
  return {};
}

export async function deleteModelVersionTag(call: Call) {
  const name = key(call.fields);
  const kind = await change(call, (asset) => {
    const { [name]: _gone, ...tags } = tagsOf(asset);
    return { tags };
  });
  await announceTag(call, kind, 'deleted', { key: name });
  return {};
}
