import { invalid, notFound } from '../../../kernel/errors.ts';
import type { Writer } from '../../../store/index.ts';
import type { Call } from '../call.ts';
import type { TrackingTables } from '../tables.ts';
import { fieldsOf } from '../wire.ts';
import { gatewayEndpoint } from './endpoints.ts';
import { maybe, nowOf, said } from './fields.ts';
import { attached, insertMappings, type MappingRow, MODEL_LIMIT, readModelConfig, wireMapping } from './mappings.ts';
import { gatewayModel } from './models.ts';

const mappings = (writer: Writer<TrackingTables>, call: Call, endpointId: string) =>
  writer
    .selectFrom('mltrack_gateway_mappings')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('endpoint_id', '=', endpointId)
    .orderBy('position');

/** Gives an endpoint one more model. An endpoint has a model once in each linkage. */
export async function attachModelToGatewayEndpoint(call: Call) {
  const endpointId = said(call, 'endpoint_id');
  const config = readModelConfig(fieldsOf(call.fields.model_config), 'model_config');
  const by = maybe(call, 'created_by');
  return call.deps.store.write(async (writer) => {
    const endpoint = await gatewayEndpoint(writer, call, endpointId);
    const model = await gatewayModel(writer, call, config.definition_id);
    const there = await mappings(writer, call, endpointId).execute();
    if (there.some((one) => one.definition_id === config.definition_id && one.linkage === config.linkage))
      throw attached(config.definition_id, endpointId);
    if (there.length >= MODEL_LIMIT)
      throw invalid(`An endpoint has at most ${MODEL_LIMIT} models: detach those that nobody needs.`);
    const position = (there.at(-1)?.position ?? -1) + 1;
    const [row] = await insertMappings(writer, call, [config], { endpointId, createdBy: by, position });
    await writer
      .updateTable('mltrack_gateway_endpoints')
      .set({ updated: nowOf(call), ...(by === '' ? {} : { updated_by: by }) })
      .where('workspace_id', '=', endpoint.workspace_id)
      .where('endpoint_id', '=', endpointId)
      .execute();
    return { mapping: wireMapping(row as MappingRow, model) };
  });
}

/** Takes a model from an endpoint; of one that it has in both linkages, the one that came first (reference server's source). */
export async function detachModelFromGatewayEndpoint(call: Call) {
  const [endpointId, definitionId] = [said(call, 'endpoint_id'), said(call, 'model_definition_id')];
  await call.deps.store.write(async (writer) => {
    const { workspace_id } = await gatewayEndpoint(writer, call, endpointId);
    const row = await mappings(writer, call, endpointId)
      .where('definition_id', '=', definitionId)
      .limit(1)
      .executeTakeFirst();
    if (!row) throw notFound(`Model definition '${definitionId}' is not attached to endpoint '${endpointId}'`);
    await writer
      .deleteFrom('mltrack_gateway_mappings')
      .where('workspace_id', '=', workspace_id)
      .where('mapping_id', '=', row.mapping_id)
      .execute();
  });
  return {};
}
