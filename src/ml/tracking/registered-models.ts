import { invalid } from '../../kernel/errors.ts';
import type { Call } from './call.ts';
import { stageName, stageOf, wireVersion } from './model-versions.ts';
import { kindOf, modelName, pageSize, registryTags, searchedKind, userTags } from './registry-fields.ts';
import {
  addRegistered,
  changeRegistered,
  type RegisteredModel,
  readRegistered,
  registeredModel,
  registeredVersion,
  removeRegistered,
  renameRegistered,
} from './registry-store.ts';
import { parseFilter, parseOrders } from './search/filter.ts';
import { REGISTERED_MODEL_SEARCH } from './search/grammar.ts';
import { matches, type Searchable, sortBy } from './search/match.ts';
import { announce } from './webhook-delivery.ts';
import { key, pageOffset, pageToken, pairs, REGISTRY_TAG_LIMIT, text, texts } from './wire.ts';

const ALIAS_LIMIT = 255;

function wire(model: RegisteredModel) {
  return {
    name: model.name,
    creation_timestamp: model.created,
    last_updated_timestamp: model.updated,
    description: model.description,
    latest_versions: latestOf(model, []).map((asset) => wireVersion(model, asset)),
    tags: pairs(model.tags),
    aliases: Object.entries(model.aliases).map(([alias, version]) => ({ alias, version })),
  };
}

/** The newest version of each stage, or of those asked for. */
function latestOf(model: RegisteredModel, stages: readonly string[]) {
  const found = new Map<string, RegisteredModel['versions'][number]>();
  for (const asset of model.versions) if (!found.has(stageOf(asset))) found.set(stageOf(asset), asset);
  return [...found].filter(([stage]) => stages.length === 0 || stages.includes(stage)).map(([, asset]) => asset);
}

export async function createRegisteredModel(call: Call) {
  const name = modelName(call);
  const tags = registryTags(call);
  const description = text(call.fields, 'description', { fallback: '' });
  const model = await addRegistered(call, kindOf(tags), name, { tags, description });
  await announce(
    call,
    { entity: model.kind === 'prompts' ? 'prompt' : 'registered_model', action: 'created' },
    { name, tags: userTags(tags), description },
  );
  return { registered_model: wire(model) };
}

export async function getRegisteredModel(call: Call) {
  return { registered_model: wire(await registeredModel(call, modelName(call))) };
}

export async function updateRegisteredModel(call: Call) {
  const description = text(call.fields, 'description', { fallback: '' });
  return { registered_model: wire(await changeRegistered(call, modelName(call), () => ({ description }))) };
}

export async function renameRegisteredModel(call: Call) {
  const model = await renameRegistered(call, modelName(call), modelName(call, 'new_name'));
  return { registered_model: wire(model) };
}

export async function deleteRegisteredModel(call: Call) {
  await removeRegistered(call, modelName(call));
  return {};
}

export async function getLatestVersions(call: Call) {
  const model = await registeredModel(call, modelName(call));
  const found = latestOf(model, texts(call.fields, 'stages').map(stageName));
  return { model_versions: found.map((asset) => wireVersion(model, asset)) };
}

export async function setRegisteredModelTag(call: Call) {
  const [name, value] = [key(call.fields), text(call.fields, 'value', { fallback: '', limit: REGISTRY_TAG_LIMIT })];
  const changed = await changeRegistered(call, modelName(call), (model) => ({
    tags: { ...model.tags, [name]: value },
  }));
  // A model's own tags are no event, a prompt's are (reference server's source).
  if (changed.kind === 'prompts')
    await announce(call, { entity: 'prompt_tag', action: 'set' }, { name: changed.name, key: name, value });
  return {};
}

export async function deleteRegisteredModelTag(call: Call) {
  const name = key(call.fields);
  const changed = await changeRegistered(call, modelName(call), ({ tags: { [name]: _gone, ...tags } }) => ({ tags }));
  if (changed.kind === 'prompts')
    await announce(call, { entity: 'prompt_tag', action: 'deleted' }, { name: changed.name, key: name });
  return {};
}

const aliasOf = ({ kind }: RegisteredModel) => (kind === 'prompts' ? 'prompt_alias' : 'model_version_alias');

function aliasName(call: Call): string {
  const alias = text(call.fields, 'alias', { limit: ALIAS_LIMIT });
  if (!/^[\w-]+$/.test(alias))
    throw invalid(`Invalid alias name: '${alias}'. An alias has letters, digits, underscores and hyphens.`, {
      target: 'alias',
    });
  return alias;
}

export async function setRegisteredModelAlias(call: Call) {
  const alias = aliasName(call);
  if (/^v\d+$/i.test(alias) || alias.toLowerCase() === 'latest')
    throw invalid(`The alias name '${alias}' is reserved.`, { target: 'alias' });
  const version = text(call.fields, 'version');
  await registeredVersion(call, modelName(call), version);
  const changed = await changeRegistered(call, modelName(call), (model) => ({
    aliases: { ...model.aliases, [alias]: version },
  }));
  await announce(call, { entity: aliasOf(changed), action: 'created' }, { name: changed.name, alias, version });
  return {};
}

export async function deleteRegisteredModelAlias(call: Call) {
  const alias = aliasName(call);
  const changed = await changeRegistered(call, modelName(call), ({ aliases: { [alias]: _gone, ...aliases } }) => ({
    aliases,
  }));
  await announce(call, { entity: aliasOf(changed), action: 'deleted' }, { name: changed.name, alias });
  return {};
}

export async function getModelVersionByAlias(call: Call) {
  const model = await registeredModel(call, modelName(call));
  const alias = aliasName(call);
  const version = model.aliases[alias];
  const asset =
    alias.toLowerCase() === 'latest'
      ? model.versions.toSorted((a, b) => Number(b.version) - Number(a.version))[0]
      : model.versions.find((one) => one.version === version);
  // The reference server answers so, not with "does not exist" (server source).
  if (!asset) throw invalid(`Registered model alias ${alias} not found.`, { target: 'alias' });
  return { model_version: wireVersion(model, asset) };
}

export async function searchRegisteredModels(call: Call) {
  const filter = parseFilter(text(call.fields, 'filter', { fallback: '' }), REGISTERED_MODEL_SEARCH);
  const { kind, clauses } = searchedKind(filter);
  const orders = parseOrders(texts(call.fields, 'order_by'), REGISTERED_MODEL_SEARCH);
  const size = pageSize(call, 100, 1000);
  const offset = pageOffset(text(call.fields, 'page_token', { fallback: '' }));
  const view = (model: RegisteredModel): Searchable => ({
    metrics: {},
    params: {},
    tags: model.tags,
    attributes: {
      name: model.name,
      creation_timestamp: model.created,
      last_updated_timestamp: model.updated,
    },
    datasets: [],
  });
  const found = (await readRegistered(call)).filter((model) => model.kind === kind && matches(view(model), clauses));
  const sorted = sortBy(found, view, orders, (a, b) => (a.name < b.name ? -1 : 1));
  const page = sorted.slice(offset, offset + size);
  return {
    registered_models: page.map((model) => wire(model)),
    ...(offset + size < sorted.length ? { next_page_token: pageToken(offset + size) } : {}),
  };
}
