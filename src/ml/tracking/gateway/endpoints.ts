import type { Selectable } from 'kysely';
import { conflict, invalid, notFound } from '../../../kernel/errors.ts';
import type { Writer } from '../../../store/index.ts';
import type { Call } from '../call.ts';
import { activeExperiment, ensureExperiment } from '../experiments.ts';
import type { TrackingTables } from '../tables.ts';
import { fieldsOf, integer, pairs, text } from '../wire.ts';
import {
  gatewayId,
  maybe,
  NAME_LIMIT,
  nowOf,
  PROVIDER_LIMIT,
  type Reader,
  said,
  spoken,
  withinLimit,
} from './fields.ts';
import { insertMappings, type ModelConfig, mappingsOf, modelConfigs } from './mappings.ts';

type Row = Selectable<TrackingTables['mltrack_gateway_endpoints']>;

const ROUTINGS = ['REQUEST_BASED_TRAFFIC_SPLIT'];
const FALLBACKS = ['SEQUENTIAL'];

const wire = (row: Row, mappings: readonly object[] = []) => ({
  endpoint_id: row.endpoint_id,
  name: row.name,
  created_at: row.created,
  last_updated_at: row.updated,
  model_mappings: mappings,
  tags: pairs(JSON.parse(row.tags)),
  usage_tracking: row.usage_tracking === 1,
  ...(row.fallback === '' ? {} : { fallback_config: JSON.parse(row.fallback) as object }),
  ...spoken({
    routing_strategy: row.routing,
    experiment_id: row.experiment_id,
    created_by: row.created_by,
    last_updated_by: row.updated_by,
  }),
});

function checkedName(name: string): string {
  if (!/^[a-z0-9_.-]+$/i.test(name))
    throw invalid(
      `Invalid endpoint name '${name.slice(0, 100)}'. Name can only contain letters, numbers, underscores, hyphens, and dots.`,
      { target: 'name' },
    );
  return name;
}

/** One of some words; empty text for the word by which a client says nothing. @throws invalid for any other */
function wordOf(value: unknown, name: string, words: readonly string[]): string {
  if (value === undefined || value === null || value === `${name.toUpperCase()}_UNSPECIFIED`) return '';
  if (typeof value === 'string' && words.includes(value)) return value;
  throw invalid(`A gateway's ${name} is ${words.join(', ')}, found ${JSON.stringify(value).slice(0, 60)}.`, {
    target: name,
  });
}

const routingField = (call: Call) => wordOf(call.fields.routing_strategy, 'routing_strategy', ROUTINGS);

/** What a request says of falling back, as JSON; undefined when it says nothing. */
function fallbackField(call: Call): string | undefined {
  if (call.fields.fallback_config === undefined) return undefined;
  const fields = fieldsOf(call.fields.fallback_config);
  const attempts = fields.max_attempts === undefined ? undefined : integer(fields, 'max_attempts');
  if (attempts !== undefined && !(attempts >= 0 && attempts < 2 ** 31))
    throw invalid(`A fallback_config's max_attempts is a whole number from 0, found ${attempts}.`, {
      target: 'fallback_config',
    });
  return JSON.stringify({
    ...spoken({ strategy: wordOf(fields.strategy, 'fallback_strategy', FALLBACKS) }),
    ...(attempts === undefined ? {} : { max_attempts: attempts }),
  });
}

/** The experiment that a request names, or nothing. @throws not-found */
async function experimentField(call: Call): Promise<string> {
  const id = maybe(call, 'experiment_id');
  return id === '' ? '' : (await activeExperiment(call, id)).experiment_id;
}

/** The experiment of an endpoint that keeps its uses, made when there is none of the name. */
async function usageExperiment(
  writer: Writer<TrackingTables>,
  call: Call,
  endpoint: Pick<Row, 'name' | 'endpoint_id'>,
) {
  const name = `gateway/${endpoint.name}`;
  const place = [call.workspace.id, name] as const;
  const known = await writer
    .selectFrom('mltrack_experiments')
    .select('experiment_id')
    .where('workspace_id', '=', place[0])
    .where('name', '=', place[1])
    .executeTakeFirst();
  const id = await ensureExperiment(writer, ...place, nowOf(call));
  const tags = {
    'mlflow.experiment.sourceType': 'GATEWAY',
    'mlflow.experiment.sourceId': endpoint.endpoint_id,
    'mlflow.experiment.isGateway': 'true',
  };
  if (!known)
    await writer
      .updateTable('mltrack_experiments')
      .set({ tags: JSON.stringify(tags) })
      .where('workspace_id', '=', place[0])
      .where('experiment_id', '=', id)
      .execute();
  return id;
}

/** The endpoint of an id, or of a name. @throws not-found */
export async function gatewayEndpoint(
  reader: Reader,
  call: Call,
  value: string,
  by: 'endpoint_id' | 'name' = 'endpoint_id',
): Promise<Row> {
  const row = await reader
    .selectFrom('mltrack_gateway_endpoints')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where(by, '=', value)
    .executeTakeFirst();
  if (!row) throw notFound(`GatewayEndpoint not found (${by}='${value}')`);
  return row;
}

/** @throws conflict when another endpoint than `own` has the name; the reference server lets its database's own error through */
async function refuseTaken(writer: Writer<TrackingTables>, call: Call, name: string, own: string): Promise<void> {
  const other = await writer
    .selectFrom('mltrack_gateway_endpoints')
    .select('endpoint_id')
    .where('workspace_id', '=', call.workspace.id)
    .where('name', '=', name)
    .where('endpoint_id', '!=', own)
    .executeTakeFirst();
  if (other) throw conflict(`Gateway endpoint with name '${name}' already exists`);
}

async function answer(reader: Reader, call: Call, id: string) {
  const row = await gatewayEndpoint(reader, call, id);
  return { endpoint: wire(row, (await mappingsOf(reader, call, id)).get(id)) };
}

const hasFallback = (configs: readonly ModelConfig[]) => configs.some((config) => config.linkage === 'FALLBACK');

/** Registers an endpoint with its models. One that keeps its uses, as it does when nothing is said, has an experiment for them. */
export async function createGatewayEndpoint(call: Call) {
  const configs = modelConfigs(call);
  if (configs.length === 0)
    throw invalid('Endpoint must have at least one model configuration', { target: 'model_configs' });
  const by = maybe(call, 'created_by');
  const row: Row = {
    workspace_id: call.workspace.id,
    endpoint_id: gatewayId('e'),
    name: checkedName(said(call, 'name')),
    routing: routingField(call),
    fallback: fallbackField(call) ?? (hasFallback(configs) ? '{}' : ''),
    experiment_id: await experimentField(call),
    usage_tracking: call.fields.usage_tracking === false ? 0 : 1,
    tags: '{}',
    created_by: by,
    updated_by: by,
    created: nowOf(call),
    updated: nowOf(call),
  };
  const { endpoint_id: endpointId } = row;
  return call.deps.store.write(async (writer) => {
    await refuseTaken(writer, call, row.name, endpointId);
    const { count } = await writer
      .selectFrom('mltrack_gateway_endpoints')
      .select((eb) => eb.fn.countAll().as('count'))
      .where('workspace_id', '=', row.workspace_id)
      .executeTakeFirstOrThrow();
    withinLimit(count, 'endpoints of the gateway');
    await insertMappings(writer, call, configs, { endpointId, createdBy: by, position: 0 });
    if (row.usage_tracking === 1 && row.experiment_id === '')
      row.experiment_id = await usageExperiment(writer, call, row);
    await writer.insertInto('mltrack_gateway_endpoints').values(row).execute();
    return answer(writer, call, endpointId);
  });
}

/** An endpoint by its id or by its name. */
export async function getGatewayEndpoint(call: Call) {
  const { read } = call.deps.store;
  const [id, name] = [maybe(call, 'endpoint_id'), maybe(call, 'name')];
  if ((id === '') === (name === ''))
    throw invalid('Exactly one of endpoint_id or name must be provided', { target: 'endpoint_id' });
  return answer(read, call, id === '' ? (await gatewayEndpoint(read, call, name, 'name')).endpoint_id : id);
}

/** A workspace's endpoints, or those with a model of a provider or with a secret; one without models is among all, where the reference server leaves it out. */
export async function listGatewayEndpoints(call: Call) {
  const { read } = call.deps.store;
  const [provider, secret] = [maybe(call, 'provider', PROVIDER_LIMIT), maybe(call, 'secret_id')];
  const rows = await read
    .selectFrom('mltrack_gateway_endpoints')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .orderBy('created')
    .orderBy('endpoint_id')
    .execute();
  const mappings = await mappingsOf(read, call);
  const isWanted = ({ endpoint_id: id }: Row) =>
    (provider === '' && secret === '') ||
    (mappings.get(id) ?? []).some(
      ({ model_definition: model }) =>
        (provider === '' || model?.provider === provider) &&
        (secret === '' || (model as { secret_id?: string } | undefined)?.secret_id === secret),
    );
  return { endpoints: rows.filter(isWanted).map((row) => wire(row, mappings.get(row.endpoint_id))) };
}

/** Changes what the request names; models, where there are any, as a whole, and with them what is said of falling back (reference server's source). */
export async function updateGatewayEndpoint(call: Call) {
  const id = said(call, 'endpoint_id');
  const name = text(call.fields, 'name', { fallback: '', limit: NAME_LIMIT });
  const configs = modelConfigs(call);
  const fallback = fallbackField(call) ?? (configs.length > 0 ? '{}' : '');
  const by = maybe(call, 'updated_by');
  const { usage_tracking: usage } = call.fields;
  const changed = spoken({
    name: name === '' ? '' : checkedName(name),
    routing: routingField(call),
    fallback,
    experiment_id: await experimentField(call),
    updated_by: by,
  });
  return call.deps.store.write(async (writer) => {
    const row: Row = { ...(await gatewayEndpoint(writer, call, id)), ...changed, updated: nowOf(call) };
    if (name !== '') await refuseTaken(writer, call, name, id);
    if (typeof usage === 'boolean') row.usage_tracking = usage ? 1 : 0;
    if (usage === true && row.experiment_id === '') row.experiment_id = await usageExperiment(writer, call, row);
    if (configs.length > 0) {
      await writer
        .deleteFrom('mltrack_gateway_mappings')
        .where('workspace_id', '=', row.workspace_id)
        .where('endpoint_id', '=', id)
        .execute();
      await insertMappings(writer, call, configs, { endpointId: id, createdBy: by, position: 0 });
    }
    await writer
      .updateTable('mltrack_gateway_endpoints')
      .set(row)
      .where('workspace_id', '=', row.workspace_id)
      .where('endpoint_id', '=', id)
      .execute();
    return answer(writer, call, id);
  });
}

const OWN_TABLES = [
  'mltrack_gateway_mappings',
  'mltrack_gateway_bindings',
  'mltrack_gateway_guards',
  'mltrack_gateway_endpoints',
] as const;

/** Deletes an endpoint, and with it which models, bindings, tags and guardrails it had; guardrails that used it stay, without one. */
export async function deleteGatewayEndpoint(call: Call) {
  const id = said(call, 'endpoint_id');
  await call.deps.store.write(async (writer) => {
    const { workspace_id } = await gatewayEndpoint(writer, call, id);
    for (const table of OWN_TABLES)
      await writer.deleteFrom(table).where('workspace_id', '=', workspace_id).where('endpoint_id', '=', id).execute();
    await writer
      .updateTable('mltrack_gateway_guardrails')
      .set({ action_endpoint_id: '' })
      .where('workspace_id', '=', workspace_id)
      .where('action_endpoint_id', '=', id)
      .execute();
  });
  return {};
}
