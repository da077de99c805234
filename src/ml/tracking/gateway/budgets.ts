import type { Selectable } from 'kysely';
import { invalid, notFound } from '../../../kernel/errors.ts';
import type { Call } from '../call.ts';
import { pageSize } from '../registry-fields.ts';
import type { TrackingTables } from '../tables.ts';
import { fieldsOf, integer, pageOffset, pageToken } from '../wire.ts';
import { DURATION_UNITS } from './budget-windows.ts';
import { gatewayEndpoint } from './endpoints.ts';
import { gatewayId, maybe, nowOf, oneOf, type Reader, said, spoken, withinLimit } from './fields.ts';

type Row = Selectable<TrackingTables['mltrack_gateway_budgets']>;

const UNITS = ['USD'];
const SCOPES = ['GLOBAL', 'WORKSPACE', 'ENDPOINT', 'USER'];
const ACTIONS = ['ALERT', 'REJECT'];
/** The most units of a window: some nineteen thousand years of weeks. */
const DURATION_LIMIT = 1_000_000;

const wire = (row: Row) => ({
  budget_policy_id: row.policy_id,
  budget_unit: row.unit,
  budget_amount: row.amount,
  duration: { unit: row.duration_unit, value: row.duration_value },
  target_scope: row.scope,
  budget_action: row.action,
  created_at: row.created,
  last_updated_at: row.updated,
  ...spoken({ target_value: row.target, created_by: row.created_by, last_updated_by: row.updated_by }),
});

function amountField(call: Call): number {
  const amount = call.fields.budget_amount;
  if (typeof amount !== 'number' || !(amount >= 0 && amount <= Number.MAX_VALUE))
    throw invalid(
      `Parameter 'budget_amount' is a number from 0, found ${JSON.stringify(amount ?? null).slice(0, 60)}.`,
      {
        target: 'budget_amount',
      },
    );
  return amount;
}

function durationField(call: Call): Pick<Row, 'duration_unit' | 'duration_value'> {
  const fields = fieldsOf(call.fields.duration);
  const unit = oneOf(fields.unit, 'unit', DURATION_UNITS, ' in duration');
  const value = integer(fields, 'value');
  if (value < 1 || value > DURATION_LIMIT)
    throw invalid(`duration.value must be a positive integer of at most ${DURATION_LIMIT}, got ${value}`, {
      target: 'duration',
    });
  return { duration_unit: unit, duration_value: value };
}

/**
 * A budget for an endpoint names one that is there; others name nothing.
 * @throws invalid also for one of a user: the gateway knows no users, so it would never hold (so does the reference server without logins)
 */
async function checkTarget(reader: Reader, call: Call, { scope, target }: Pick<Row, 'scope' | 'target'>) {
  if (scope === 'USER')
    throw invalid(
      'USER-scoped budget policies require users that the gateway knows, and it knows none: use GLOBAL, WORKSPACE or ENDPOINT.',
      { target: 'target_scope' },
    );
  if (scope !== 'ENDPOINT' && target !== '')
    throw invalid('target_value can only be set when target_scope is ENDPOINT.', { target: 'target_value' });
  if (scope !== 'ENDPOINT') return;
  if (target === '')
    throw invalid('target_value is required when target_scope is ENDPOINT.', { target: 'target_value' });
  await gatewayEndpoint(reader, call, target);
}

/** @throws not-found */
async function policyRow(reader: Reader, call: Call, id: string): Promise<Row> {
  const row = await reader
    .selectFrom('mltrack_gateway_budgets')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('policy_id', '=', id)
    .executeTakeFirst();
  if (!row) throw notFound(`BudgetPolicy not found (budget_policy_id='${id}')`);
  return row;
}

/** Keeps how much may be spent in a window of time. */
export async function createGatewayBudgetPolicy(call: Call) {
  const by = maybe(call, 'created_by');
  const row: Row = {
    workspace_id: call.workspace.id,
    policy_id: gatewayId('bp'),
    unit: oneOf(call.fields.budget_unit, 'budget_unit', UNITS),
    amount: amountField(call),
    ...durationField(call),
    scope: oneOf(call.fields.target_scope, 'target_scope', SCOPES),
    action: oneOf(call.fields.budget_action, 'budget_action', ACTIONS),
    target: maybe(call, 'target_value'),
    created_by: by,
    updated_by: by,
    created: nowOf(call),
    updated: nowOf(call),
  };
  await call.deps.store.write(async (writer) => {
    await checkTarget(writer, call, row);
    const { count } = await writer
      .selectFrom('mltrack_gateway_budgets')
      .select((eb) => eb.fn.countAll().as('count'))
      .where('workspace_id', '=', row.workspace_id)
      .executeTakeFirstOrThrow();
    withinLimit(count, 'budgets');
    await writer.insertInto('mltrack_gateway_budgets').values(row).execute();
  });
  return { budget_policy: wire(row) };
}

export async function getGatewayBudgetPolicy(call: Call) {
  return { budget_policy: wire(await policyRow(call.deps.store.read, call, said(call, 'budget_policy_id'))) };
}

/** A workspace's budgets, the oldest first. */
export async function listGatewayBudgetPolicies(call: Call) {
  const size = pageSize(call, 1000, 50_000);
  const offset = pageOffset(maybe(call, 'page_token'));
  const rows = await call.deps.store.read
    .selectFrom('mltrack_gateway_budgets')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .orderBy('created')
    .orderBy('policy_id')
    .offset(offset)
    .limit(size + 1)
    .execute();
  return {
    budget_policies: rows.slice(0, size).map(wire),
    ...(rows.length > size ? { next_page_token: pageToken(offset + size) } : {}),
  };
}

/** Changes what the request names. Another scope wants another target: an old one is never taken over (reference server's source). */
export async function updateGatewayBudgetPolicy(call: Call) {
  const { fields } = call;
  const id = said(call, 'budget_policy_id');
  const word = (name: string, words: readonly string[]) =>
    fields[name] === undefined ? '' : oneOf(fields[name], name, words);
  const changed = {
    ...spoken({
      unit: word('budget_unit', UNITS),
      scope: word('target_scope', SCOPES),
      action: word('budget_action', ACTIONS),
      updated_by: maybe(call, 'updated_by'),
    }),
    ...(fields.budget_amount === undefined ? {} : { amount: amountField(call) }),
    ...(fields.duration === undefined ? {} : durationField(call)),
    updated: nowOf(call),
  };
  return call.deps.store.write(async (writer) => {
    const old = await policyRow(writer, call, id);
    const row: Row = { ...old, ...changed };
    if (fields.target_value !== undefined) row.target = maybe(call, 'target_value');
    else if (row.scope !== old.scope) row.target = '';
    if (fields.target_value !== undefined || fields.target_scope !== undefined) await checkTarget(writer, call, row);
    await writer
      .updateTable('mltrack_gateway_budgets')
      .set(row)
      .where('workspace_id', '=', row.workspace_id)
      .where('policy_id', '=', id)
      .execute();
    return { budget_policy: wire(row) };
  });
}

export async function deleteGatewayBudgetPolicy(call: Call) {
  const id = said(call, 'budget_policy_id');
  await call.deps.store.write(async (writer) => {
    const { workspace_id } = await policyRow(writer, call, id);
    await writer
      .deleteFrom('mltrack_gateway_budgets')
      .where('workspace_id', '=', workspace_id)
      .where('policy_id', '=', id)
      .execute();
  });
  return {};
}
