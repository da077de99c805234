import type { Selectable } from 'kysely';
import { conflict, notFound } from '../../../kernel/errors.ts';
import type { Call } from '../call.ts';
import type { TrackingTables } from '../tables.ts';
import { gatewayEndpoint } from './endpoints.ts';
import { maybe, nowOf, oneOf, said, spoken, withinLimit } from './fields.ts';

type Row = Selectable<TrackingTables['mltrack_gateway_bindings']>;

/** What can be bound to an endpoint; the client knows of nothing else. */
const RESOURCES = ['scorer'];

/** Nothing changes a binding, so its last change is its making. */
const wire = (row: Row) => ({
  endpoint_id: row.endpoint_id,
  resource_type: row.resource_type,
  resource_id: row.resource_id,
  created_at: row.created,
  last_updated_at: row.created,
  ...spoken({ created_by: row.created_by, last_updated_by: row.created_by }),
});

/** Notes that a resource uses an endpoint. Whether there is such a resource isn't asked (reference server's source). */
export async function createGatewayEndpointBinding(call: Call) {
  const row: Row = {
    workspace_id: call.workspace.id,
    endpoint_id: said(call, 'endpoint_id'),
    resource_type: oneOf(call.fields.resource_type, 'resource_type', RESOURCES),
    resource_id: said(call, 'resource_id'),
    created_by: maybe(call, 'created_by'),
    created: nowOf(call),
  };
  await call.deps.store.write(async (writer) => {
    await gatewayEndpoint(writer, call, row.endpoint_id);
    const all = writer.selectFrom('mltrack_gateway_bindings').where('workspace_id', '=', row.workspace_id);
    const known = await all
      .select('endpoint_id')
      .where('endpoint_id', '=', row.endpoint_id)
      .where('resource_type', '=', row.resource_type)
      .where('resource_id', '=', row.resource_id)
      .executeTakeFirst();
    if (known)
      throw conflict(`The ${row.resource_type} '${row.resource_id}' is already bound to endpoint '${row.endpoint_id}'`);
    const { count } = await all.select((eb) => eb.fn.countAll().as('count')).executeTakeFirstOrThrow();
    withinLimit(count, 'bindings of endpoints');
    await writer.insertInto('mltrack_gateway_bindings').values(row).execute();
  });
  return { binding: wire(row) };
}

/** A workspace's bindings, or those of an endpoint, a type and a resource. */
export async function listGatewayEndpointBindings(call: Call) {
  let query = call.deps.store.read
    .selectFrom('mltrack_gateway_bindings')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id);
  for (const name of ['endpoint_id', 'resource_type', 'resource_id'] as const) {
    const wanted = maybe(call, name);
    if (wanted !== '') query = query.where(name, '=', wanted);
  }
  return {
    bindings: (await query.orderBy('created').orderBy('endpoint_id').orderBy('resource_id').execute()).map(wire),
  };
}

export async function deleteGatewayEndpointBinding(call: Call) {
  const [endpoint, type, resource] = [
    said(call, 'endpoint_id'),
    said(call, 'resource_type'),
    said(call, 'resource_id'),
  ];
  await call.deps.store.write(async (writer) => {
    const { numDeletedRows } = await writer
      .deleteFrom('mltrack_gateway_bindings')
      .where('workspace_id', '=', call.workspace.id)
      .where('endpoint_id', '=', endpoint)
      .where('resource_type', '=', type)
      .where('resource_id', '=', resource)
      .executeTakeFirst();
    if (numDeletedRows === 0n)
      throw notFound(
        `GatewayEndpointBinding not found (endpoint_id='${endpoint}', resource_type='${type}', resource_id='${resource}')`,
      );
  });
  return {};
}
