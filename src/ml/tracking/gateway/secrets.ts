import type { Selectable } from 'kysely';
import { conflict, invalid, notFound, notImplemented } from '../../../kernel/errors.ts';
import type { Vault } from '../../../store/index.ts';
import type { Call } from '../call.ts';
import type { TrackingTables } from '../tables.ts';
import { gatewayId, maybe, nowOf, PROVIDER_LIMIT, type Reader, said, spoken, textMap, withinLimit } from './fields.ts';

type Row = Selectable<TrackingTables['mltrack_gateway_secrets']>;

/** A provider's key file is the longest that is known: a few kilobytes. */
const VALUE_LIMIT = 16 * 1024;
const CONFIG_LIMIT = 5000;
/** What would lead a gateway's requests elsewhere, past the checked `api_base` (reference server's source). */
const DESTINATIONS = ['base_url', 'custom_llm_provider', 'fallbacks', 'model_list'];

/** A secret as it is shown: never with its value. */
const wire = (row: Row) => ({
  secret_id: row.secret_id,
  secret_name: row.name,
  masked_values: JSON.parse(row.masked) as object,
  auth_config: JSON.parse(row.auth_config) as object,
  created_at: row.created,
  last_updated_at: row.updated,
  ...spoken({ provider: row.provider, created_by: row.created_by, last_updated_by: row.updated_by }),
});

/** The vault comes with what webhooks are given. @throws not-implemented where the service was made without */
function vaultOf(call: Call): Pick<Vault, 'seal'> {
  if (!call.deps.webhooks) throw notImplemented('secrets of MLflow’s gateway in this service');
  return call.deps.webhooks.vault;
}

/** Enough of a text to know it again: its first three characters and its last four, nothing of a short one (reference server's source). */
const masked = (value: string) => (value.length < 8 ? '***' : `${value.slice(0, 3)}...${value.slice(-4)}`);

function refuseKeys(found: Readonly<Record<string, string>>, refused: readonly string[], name: string): void {
  const wrong = refused.filter((one) => one in found);
  if (wrong.length > 0)
    throw invalid(
      `Parameter '${name}' must not hold ${wrong.join(', ')}: where requests go is said by 'api_base' in auth_config.`,
      { target: name },
    );
}

/** The texts of a secret as they are kept: sealed, with what is shown of them. */
function valueFields(call: Call): Pick<Row, 'value' | 'masked'> {
  const found = textMap(call, 'secret_value', VALUE_LIMIT);
  refuseKeys(found, ['api_base', ...DESTINATIONS], 'secret_value');
  const shown = Object.fromEntries(Object.entries(found).map(([name, value]) => [name, masked(value)]));
  return { value: vaultOf(call).seal(JSON.stringify(found)), masked: JSON.stringify(shown) };
}

/** How a provider is spoken to, as JSON; a blank `api_base` says nothing. */
function configField(call: Call): string {
  const { api_base = '', ...found } = textMap(call, 'auth_config', CONFIG_LIMIT);
  refuseKeys(found, DESTINATIONS, 'auth_config');
  const base = api_base.trim();
  if (base === '') return JSON.stringify(found);
  const url = URL.parse(base);
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '')
    throw invalid("A secret's api_base is https://HOST/PATH, without a user in it.", { target: 'auth_config' });
  return JSON.stringify({ ...found, api_base: base });
}

/** The secret of an id. @throws not-found */
export async function gatewaySecret(reader: Reader, call: Call, id: string): Promise<Row> {
  const row = await reader
    .selectFrom('mltrack_gateway_secrets')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('secret_id', '=', id)
    .executeTakeFirst();
  if (!row) throw notFound(`GatewaySecret not found (secret_id='${id}')`);
  return row;
}

/** Keeps what a provider asks for of its callers. A secret may have no values: some providers know their callers otherwise. */
export async function createGatewaySecret(call: Call) {
  const now = nowOf(call);
  const by = maybe(call, 'created_by');
  const row: Row = {
    workspace_id: call.workspace.id,
    secret_id: gatewayId('s'),
    name: said(call, 'secret_name'),
    ...valueFields(call),
    provider: maybe(call, 'provider', PROVIDER_LIMIT),
    auth_config: configField(call),
    created_by: by,
    updated_by: by,
    created: now,
    updated: now,
  };
  await call.deps.store.write(async (writer) => {
    const all = writer.selectFrom('mltrack_gateway_secrets').where('workspace_id', '=', row.workspace_id);
    if (await all.where('name', '=', row.name).select('secret_id').executeTakeFirst())
      throw conflict(`Secret with name '${row.name}' already exists`);
    const { count } = await all.select((eb) => eb.fn.countAll().as('count')).executeTakeFirstOrThrow();
    withinLimit(count, 'secrets of the gateway');
    await writer.insertInto('mltrack_gateway_secrets').values(row).execute();
  });
  return { secret: wire(row) };
}

export async function getGatewaySecretInfo(call: Call) {
  return { secret: wire(await gatewaySecret(call.deps.store.read, call, said(call, 'secret_id'))) };
}

/** A workspace's secrets, or those for one provider. */
export async function listGatewaySecretInfos(call: Call) {
  const provider = maybe(call, 'provider', PROVIDER_LIMIT);
  let query = call.deps.store.read
    .selectFrom('mltrack_gateway_secrets')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id);
  if (provider !== '') query = query.where('provider', '=', provider);
  return { secrets: (await query.orderBy('created').orderBy('secret_id').execute()).map(wire) };
}

/** Changes values and configuration, each as a whole; an empty one leaves what is there, and a name is for ever (reference server's source). */
export async function updateGatewaySecret(call: Call) {
  const id = said(call, 'secret_id');
  const given = (name: string) => Object.keys(textMap(call, name, VALUE_LIMIT)).length > 0;
  const changed = {
    ...(given('secret_value') ? valueFields(call) : {}),
    ...(given('auth_config') ? { auth_config: configField(call) } : {}),
    updated_by: maybe(call, 'updated_by'),
    updated: nowOf(call),
  };
  return call.deps.store.write(async (writer) => {
    const row = await gatewaySecret(writer, call, id);
    await writer
      .updateTable('mltrack_gateway_secrets')
      .set(changed)
      .where('workspace_id', '=', row.workspace_id)
      .where('secret_id', '=', id)
      .execute();
    return { secret: wire({ ...row, ...changed }) };
  });
}

/** Deletes a secret; model definitions that have it stay, without one. */
export async function deleteGatewaySecret(call: Call) {
  const id = said(call, 'secret_id');
  await call.deps.store.write(async (writer) => {
    const { workspace_id } = await gatewaySecret(writer, call, id);
    await writer
      .deleteFrom('mltrack_gateway_secrets')
      .where('workspace_id', '=', workspace_id)
      .where('secret_id', '=', id)
      .execute();
    await writer
      .updateTable('mltrack_gateway_models')
      .set({ secret_id: '' })
      .where('workspace_id', '=', workspace_id)
      .where('secret_id', '=', id)
      .execute();
  });
  return {};
}
