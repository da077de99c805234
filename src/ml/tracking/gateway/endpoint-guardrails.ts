import type { Selectable } from 'kysely';
import { conflict, invalid, notFound } from '../../../kernel/errors.ts';
import type { Call } from '../call.ts';
import type { TrackingTables } from '../tables.ts';
import { integer } from '../wire.ts';
import { gatewayEndpoint } from './endpoints.ts';
import { nowOf, type Reader, said } from './fields.ts';
import { guardrail, guardrails, wireGuardrail } from './guardrails.ts';

type Row = Selectable<TrackingTables['mltrack_gateway_guards']>;

const GUARDRAIL_LIMIT = 100;

const wire = (row: Row, guard: Parameters<typeof wireGuardrail>[0]) => ({
  endpoint_id: row.endpoint_id,
  guardrail_id: row.guardrail_id,
  ...(row.execution_order === null ? {} : { execution_order: row.execution_order }),
  guardrail: wireGuardrail(guard),
  created_at: row.created,
});

/** Null where the request says nothing: after those that have a place. */
function orderField(call: Call): number | null {
  if (call.fields.execution_order === undefined || call.fields.execution_order === null) return null;
  const order = integer(call.fields, 'execution_order');
  if (!Number.isSafeInteger(order))
    throw invalid(`Parameter 'execution_order' is a whole number, found ${order}.`, { target: 'execution_order' });
  return order;
}

/** The guardrails of an endpoint in the order in which they would hold. */
async function guardsOf(reader: Reader, call: Call, endpointId: string): Promise<Row[]> {
  const rows = await reader
    .selectFrom('mltrack_gateway_guards')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('endpoint_id', '=', endpointId)
    .orderBy('guardrail_id')
    .execute();
  // The databases disagree about where null comes.
  const place = (row: Row) => row.execution_order ?? Number.POSITIVE_INFINITY;
  return rows.sort((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)));
}

/** Gives an endpoint a guardrail. */
export async function addGuardrailToEndpoint(call: Call) {
  const row: Row = {
    workspace_id: call.workspace.id,
    endpoint_id: said(call, 'endpoint_id'),
    guardrail_id: said(call, 'guardrail_id'),
    execution_order: orderField(call),
    created: nowOf(call),
  };
  return call.deps.store.write(async (writer) => {
    await gatewayEndpoint(writer, call, row.endpoint_id);
    const guard = await guardrail(writer, call, row.guardrail_id);
    const there = await guardsOf(writer, call, row.endpoint_id);
    if (there.some((one) => one.guardrail_id === row.guardrail_id))
      throw conflict(`Guardrail '${row.guardrail_id}' is already added to endpoint '${row.endpoint_id}'`);
    if (there.length >= GUARDRAIL_LIMIT)
      throw invalid(`An endpoint has at most ${GUARDRAIL_LIMIT} guardrails: remove those that nobody needs.`);
    await writer.insertInto('mltrack_gateway_guards').values(row).execute();
    return { config: wire(row, guard) };
  });
}

export async function listEndpointGuardrailConfigs(call: Call) {
  const { read } = call.deps.store;
  const { endpoint_id: id } = await gatewayEndpoint(read, call, said(call, 'endpoint_id'));
  const rows = await guardsOf(read, call, id);
  if (rows.length === 0) return { configs: [] };
  const ids = rows.map((row) => row.guardrail_id);
  const found = await guardrails(read, call).where('guard.guardrail_id', 'in', ids).execute();
  const guards = new Map(found.map((guard) => [guard.guardrail_id, guard]));
  return {
    configs: rows.flatMap((row) => {
      const guard = guards.get(row.guardrail_id);
      return guard ? [wire(row, guard)] : [];
    }),
  };
}

/** @throws not-found for a guardrail that the endpoint doesn't have */
async function guardOf(reader: Reader, call: Call): Promise<Row> {
  const [endpoint, id] = [said(call, 'endpoint_id'), said(call, 'guardrail_id')];
  const row = (await guardsOf(reader, call, endpoint)).find((one) => one.guardrail_id === id);
  if (!row) throw notFound(`GuardrailConfig not found (endpoint_id='${endpoint}', guardrail_id='${id}')`);
  return row;
}

/** Gives a guardrail of an endpoint another place, or none where the request names none. */
export async function updateEndpointGuardrailConfig(call: Call) {
  const execution_order = orderField(call);
  return call.deps.store.write(async (writer) => {
    const row = await guardOf(writer, call);
    await writer
      .updateTable('mltrack_gateway_guards')
      .set({ execution_order })
      .where('workspace_id', '=', row.workspace_id)
      .where('endpoint_id', '=', row.endpoint_id)
      .where('guardrail_id', '=', row.guardrail_id)
      .execute();
    return { config: wire({ ...row, execution_order }, await guardrail(writer, call, row.guardrail_id)) };
  });
}

export async function removeGuardrailFromEndpoint(call: Call) {
  await call.deps.store.write(async (writer) => {
    const row = await guardOf(writer, call);
    await writer
      .deleteFrom('mltrack_gateway_guards')
      .where('workspace_id', '=', row.workspace_id)
      .where('endpoint_id', '=', row.endpoint_id)
      .where('guardrail_id', '=', row.guardrail_id)
      .execute();
  });
  return {};
}
