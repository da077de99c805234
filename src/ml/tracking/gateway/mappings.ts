import type { Selectable } from 'kysely';
import { conflict, invalid, notFound } from '../../../kernel/errors.ts';
import type { Writer } from '../../../store/index.ts';
import type { Call } from '../call.ts';
import type { TrackingTables } from '../tables.ts';
import { type Fields, integer, list, text } from '../wire.ts';
import { gatewayId, nowOf, oneOf, type Reader, spoken } from './fields.ts';
import { type GatewayModelRow, gatewayModels, wireGatewayModel } from './models.ts';

/** The most models of one endpoint. */
export const MODEL_LIMIT = 100;
const LINKAGES = ['PRIMARY', 'FALLBACK'];

export type MappingRow = Selectable<TrackingTables['mltrack_gateway_mappings']>;
/** A model as an endpoint's request names it. */
export type ModelConfig = Pick<MappingRow, 'definition_id' | 'linkage' | 'weight' | 'fallback_order'>;

/** A model of an endpoint in the wire's form. */
export const wireMapping = (row: MappingRow, model: GatewayModelRow | undefined) => ({
  mapping_id: row.mapping_id,
  endpoint_id: row.endpoint_id,
  model_definition_id: row.definition_id,
  ...(model ? { model_definition: wireGatewayModel(model) } : {}),
  weight: row.weight,
  linkage_type: row.linkage,
  ...(row.fallback_order === null ? {} : { fallback_order: row.fallback_order }),
  created_at: row.created,
  ...spoken({ created_by: row.created_by }),
});

/** @throws invalid for one without a linkage, or whose numbers are none */
export function readModelConfig(fields: Fields, place: string): ModelConfig {
  const weight = fields.weight === undefined ? 1 : Number(fields.weight);
  if (!(weight >= 0 && weight <= 1e9))
    throw invalid(`The weight of ${place} is a number from 0, found ${JSON.stringify(fields.weight).slice(0, 60)}.`, {
      target: 'weight',
    });
  const order = fields.fallback_order === undefined ? null : integer(fields, 'fallback_order');
  if (order !== null && !(order >= 0 && order < 2 ** 31))
    throw invalid(`The fallback_order of ${place} is a whole number from 0, found ${order}.`, {
      target: 'fallback_order',
    });
  return {
    definition_id: text(fields, 'model_definition_id', { limit: 255 }),
    linkage: oneOf(fields.linkage_type, 'linkage_type', LINKAGES, ` in ${place}`),
    weight,
    fallback_order: order,
  };
}

export const modelConfigs = (call: Call): readonly ModelConfig[] =>
  list(call.fields, 'model_configs', MODEL_LIMIT).map((one, index) => readModelConfig(one, `model_configs[${index}]`));

/** The models of endpoints in the wire's form, by endpoint; of all endpoints where none is named. */
export async function mappingsOf(reader: Reader, call: Call, endpointId?: string) {
  let query = reader
    .selectFrom('mltrack_gateway_mappings')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .orderBy('position');
  if (endpointId !== undefined) query = query.where('endpoint_id', '=', endpointId);
  const rows = await query.execute();
  const models = new Map<string, GatewayModelRow>();
  if (rows.length > 0)
    for (const model of await definitionsOf(reader, call, rows)) models.set(model.definition_id, model);
  return Map.groupBy(
    rows.map((row) => wireMapping(row, models.get(row.definition_id))),
    (one) => one.endpoint_id,
  );
}

/** The definitions of an endpoint's models. Many endpoints have most of a workspace's: then all are read, not hundreds by id. */
function definitionsOf(reader: Reader, call: Call, rows: readonly Pick<MappingRow, 'definition_id'>[]) {
  const ids = [...new Set(rows.map((row) => row.definition_id))];
  const all = gatewayModels(reader, call);
  return (ids.length > MODEL_LIMIT ? all : all.where('model.definition_id', 'in', ids)).execute();
}

/** Gives an endpoint models, the first at `position`. @throws not-found for a definition that isn't there; conflict for one that is there twice */
export async function insertMappings(
  writer: Writer<TrackingTables>,
  call: Call,
  configs: readonly ModelConfig[],
  own: { endpointId: string; createdBy: string; position: number },
): Promise<readonly MappingRow[]> {
  const found = new Set((await definitionsOf(writer, call, configs)).map((model) => model.definition_id));
  const missing = configs.map((config) => config.definition_id).filter((id) => !found.has(id));
  if (missing.length > 0) throw notFound(`Model definitions not found: ${missing.join(', ').slice(0, 500)}`);
  const seen = new Set<string>();
  for (const { definition_id: id, linkage } of configs) {
    if (seen.has(`${linkage} ${id}`)) throw attached(id, own.endpointId);
    seen.add(`${linkage} ${id}`);
  }
  const rows = configs.map((config, index) => ({
    workspace_id: call.workspace.id,
    mapping_id: gatewayId('m'),
    endpoint_id: own.endpointId,
    ...config,
    position: own.position + index,
    created_by: own.createdBy,
    created: nowOf(call),
  }));
  await writer.insertInto('mltrack_gateway_mappings').values(rows).execute();
  return rows;
}

/** The error for a model that an endpoint has already. */
export const attached = (definitionId: string, endpointId: string) =>
  conflict(`Model definition '${definitionId}' is already attached to endpoint '${endpointId}'`);
