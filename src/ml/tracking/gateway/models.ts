import type { Selectable } from 'kysely';
import { conflict, invalid, notFound } from '../../../kernel/errors.ts';
import type { Writer } from '../../../store/index.ts';
import type { Call } from '../call.ts';
import type { TrackingTables } from '../tables.ts';
import { gatewayId, maybe, nowOf, PROVIDER_LIMIT, type Reader, said, spoken, withinLimit } from './fields.ts';
import { gatewaySecret } from './secrets.ts';

const MODEL_LIMIT = 256;

/** A model definition with the name of its secret, which is null without one. */
export type GatewayModelRow = Selectable<TrackingTables['mltrack_gateway_models']> & { secret_name: string | null };

/** A model definition in the wire's form. */
export const wireGatewayModel = (row: GatewayModelRow) => ({
  model_definition_id: row.definition_id,
  name: row.name,
  provider: row.provider,
  model_name: row.model_name,
  created_at: row.created,
  last_updated_at: row.updated,
  ...spoken({
    secret_id: row.secret_id,
    secret_name: row.secret_name ?? '',
    created_by: row.created_by,
    last_updated_by: row.updated_by,
  }),
});

/** A workspace's model definitions, the oldest first. */
export const gatewayModels = (reader: Reader, call: Call) =>
  reader
    .selectFrom('mltrack_gateway_models as model')
    .leftJoin('mltrack_gateway_secrets as secret', (join) =>
      join.onRef('secret.workspace_id', '=', 'model.workspace_id').onRef('secret.secret_id', '=', 'model.secret_id'),
    )
    .selectAll('model')
    .select('secret.name as secret_name')
    .where('model.workspace_id', '=', call.workspace.id)
    .orderBy('model.created')
    .orderBy('model.definition_id');

/** The model definition of an id. @throws not-found */
export async function gatewayModel(reader: Reader, call: Call, id: string): Promise<GatewayModelRow> {
  const row = await gatewayModels(reader, call).where('model.definition_id', '=', id).executeTakeFirst();
  if (!row) throw notFound(`GatewayModelDefinition not found (model_definition_id='${id}')`);
  return row;
}

/** @throws conflict when another definition than `own` has the name */
async function refuseTaken(writer: Writer<TrackingTables>, call: Call, name: string, own = ''): Promise<void> {
  const other = await writer
    .selectFrom('mltrack_gateway_models')
    .select('definition_id')
    .where('workspace_id', '=', call.workspace.id)
    .where('name', '=', name)
    .where('definition_id', '!=', own)
    .executeTakeFirst();
  if (other) throw conflict(`Model definition with name '${name}' already exists`);
}

/** Names a model of a provider and the secret by which it is called, for endpoints to use. */
export async function createGatewayModelDefinition(call: Call) {
  const now = nowOf(call);
  const by = maybe(call, 'created_by');
  const row = {
    workspace_id: call.workspace.id,
    definition_id: gatewayId('d'),
    name: said(call, 'name'),
    secret_id: said(call, 'secret_id'),
    provider: said(call, 'provider', PROVIDER_LIMIT),
    model_name: said(call, 'model_name', MODEL_LIMIT),
    created_by: by,
    updated_by: by,
    created: now,
    updated: now,
  };
  return call.deps.store.write(async (writer) => {
    const secret = await gatewaySecret(writer, call, row.secret_id);
    await refuseTaken(writer, call, row.name);
    const { count } = await writer
      .selectFrom('mltrack_gateway_models')
      .select((eb) => eb.fn.countAll().as('count'))
      .where('workspace_id', '=', row.workspace_id)
      .executeTakeFirstOrThrow();
    withinLimit(count, 'model definitions');
    await writer.insertInto('mltrack_gateway_models').values(row).execute();
    return { model_definition: wireGatewayModel({ ...row, secret_name: secret.name }) };
  });
}

export async function getGatewayModelDefinition(call: Call) {
  const row = await gatewayModel(call.deps.store.read, call, said(call, 'model_definition_id'));
  return { model_definition: wireGatewayModel(row) };
}

/** A workspace's model definitions, or those of a provider and with a secret. */
export async function listGatewayModelDefinitions(call: Call) {
  const [provider, secret] = [maybe(call, 'provider', PROVIDER_LIMIT), maybe(call, 'secret_id')];
  let query = gatewayModels(call.deps.store.read, call);
  if (provider !== '') query = query.where('model.provider', '=', provider);
  if (secret !== '') query = query.where('model.secret_id', '=', secret);
  return { model_definitions: (await query.execute()).map(wireGatewayModel) };
}

/** Changes what the request names. */
export async function updateGatewayModelDefinition(call: Call) {
  const id = said(call, 'model_definition_id');
  const changed = {
    ...spoken({
      name: maybe(call, 'name'),
      secret_id: maybe(call, 'secret_id'),
      provider: maybe(call, 'provider', PROVIDER_LIMIT),
      model_name: maybe(call, 'model_name', MODEL_LIMIT),
      updated_by: maybe(call, 'updated_by'),
    }),
    updated: nowOf(call),
  };
  return call.deps.store.write(async (writer) => {
    const { workspace_id } = await gatewayModel(writer, call, id);
    const { name, secret_id } = changed as { name?: string; secret_id?: string };
    if (name !== undefined) await refuseTaken(writer, call, name, id);
    if (secret_id !== undefined) await gatewaySecret(writer, call, secret_id);
    await writer
      .updateTable('mltrack_gateway_models')
      .set(changed)
      .where('workspace_id', '=', workspace_id)
      .where('definition_id', '=', id)
      .execute();
    return { model_definition: wireGatewayModel(await gatewayModel(writer, call, id)) };
  });
}

/** Deletes a model definition that no endpoint has. The client would repeat the reference server's 500, so the code comes with 400 here. */
export async function deleteGatewayModelDefinition(call: Call) {
  const id = said(call, 'model_definition_id');
  await call.deps.store.write(async (writer) => {
    const { workspace_id } = await gatewayModel(writer, call, id);
    const used = await writer
      .selectFrom('mltrack_gateway_mappings')
      .select('endpoint_id')
      .where('workspace_id', '=', workspace_id)
      .where('definition_id', '=', id)
      .executeTakeFirst();
    if (used)
      throw invalid(
        `Cannot delete model definition that is currently in use by endpoints. Detach it from all endpoints first (one is '${used.endpoint_id}').`,
        { wire: 'INVALID_STATE' },
      );
    await writer
      .deleteFrom('mltrack_gateway_models')
      .where('workspace_id', '=', workspace_id)
      .where('definition_id', '=', id)
      .execute();
  });
  return {};
}
