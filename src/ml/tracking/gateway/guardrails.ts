import type { Selectable } from 'kysely';
import { invalid, notFound } from '../../../kernel/errors.ts';
import type { Call } from '../call.ts';
import { pageSize } from '../registry-fields.ts';
import { wireScorer } from '../scorers.ts';
import type { TrackingTables } from '../tables.ts';
import { integer, pageOffset, pageToken } from '../wire.ts';
import { gatewayEndpoint } from './endpoints.ts';
import { gatewayId, maybe, nowOf, oneOf, type Reader, said, spoken, withinLimit } from './fields.ts';

type Scorer = Selectable<TrackingTables['mltrack_scorers']>;

const STAGES = ['BEFORE', 'AFTER'];
const ACTIONS = ['VALIDATION', 'SANITIZATION'];
/** Every answer about a guardrail holds its scorer, and a list holds up to a thousand. */
const SCORER_LIMIT = 64 * 1024;

/** A workspace's guardrails with their scorers and the names of their endpoints, the oldest first. */
export const guardrails = (reader: Reader, call: Call) =>
  reader
    .selectFrom('mltrack_gateway_guardrails as guard')
    .innerJoin('mltrack_scorers as scorer', (join) =>
      join
        .onRef('scorer.workspace_id', '=', 'guard.workspace_id')
        .onRef('scorer.scorer_id', '=', 'guard.scorer_id')
        .onRef('scorer.version', '=', 'guard.scorer_version'),
    )
    .leftJoin('mltrack_gateway_endpoints as endpoint', (join) =>
      join
        .onRef('endpoint.workspace_id', '=', 'guard.workspace_id')
        .onRef('endpoint.endpoint_id', '=', 'guard.action_endpoint_id'),
    )
    .selectAll('guard')
    .select([
      'scorer.experiment_id',
      'scorer.name as scorer_name',
      'scorer.content',
      'scorer.created as scorer_created',
      'endpoint.name as endpoint_name',
    ])
    .where('guard.workspace_id', '=', call.workspace.id)
    .orderBy('guard.created')
    .orderBy('guard.guardrail_id');

type Row = Awaited<ReturnType<ReturnType<typeof guardrails>['execute']>>[number];

/** A guardrail in the wire's form. The field for its endpoint's id holds the endpoint's name: clients read it as that (reference server's source). */
export const wireGuardrail = (row: Row) => ({
  guardrail_id: row.guardrail_id,
  name: row.name,
  scorer: wireScorer({
    workspace_id: row.workspace_id,
    experiment_id: row.experiment_id,
    name: row.scorer_name,
    version: row.scorer_version,
    scorer_id: row.scorer_id,
    content: row.content,
    created: row.scorer_created,
  }),
  stage: row.stage,
  action: row.action,
  created_at: row.created,
  last_updated_at: row.created,
  ...spoken({ action_endpoint_id: row.endpoint_name ?? '' }),
});

/** The guardrail of an id. @throws not-found */
export async function guardrail(reader: Reader, call: Call, id: string): Promise<Row> {
  const row = await guardrails(reader, call).where('guard.guardrail_id', '=', id).executeTakeFirst();
  if (!row) throw notFound(`Guardrail not found (guardrail_id='${id}')`);
  return row;
}

/** Whether a scorer is code, or has code among what it is made of. Walked by hand: it may be nested as deep as its text is long. */
function holdsCode(content: string): boolean {
  const open: unknown[] = [JSON.parse(content)];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (typeof one !== 'object' || one === null) continue;
    if ((one as { call_source?: unknown }).call_source) return true;
    for (const part of Object.values(one)) open.push(part);
  }
  return false;
}

/** @throws not-found; invalid for a scorer that no guardrail is made of */
async function checkScorer(reader: Reader, call: Call, id: string, version: number): Promise<void> {
  const scorers = reader
    .selectFrom('mltrack_scorers')
    .where('workspace_id', '=', call.workspace.id)
    .where('scorer_id', '=', id);
  if (!(await scorers.select('name').executeTakeFirst())) throw notFound(`Scorer with ID '${id}' not found.`);
  const scorer: Pick<Scorer, 'content'> | undefined = await scorers
    .select('content')
    .where('version', '=', version)
    .executeTakeFirst();
  if (!scorer) throw notFound(`Scorer with ID '${id}' and version ${version} not found.`);
  if (holdsCode(scorer.content))
    throw invalid(
      'Gateway guardrails do not support custom scorers defined with the @scorer decorator. Use a built-in scorer or a judge created with make_judge.',
      { target: 'scorer_id' },
    );
  if (scorer.content.length > SCORER_LIMIT)
    throw invalid(`A guardrail's scorer is at most ${SCORER_LIMIT} characters long, found ${scorer.content.length}.`, {
      target: 'scorer_id',
    });
}

/** Makes a guardrail of a version of a scorer, for endpoints to have. Nothing runs it here. */
export async function createGatewayGuardrail(call: Call) {
  const row = {
    workspace_id: call.workspace.id,
    guardrail_id: gatewayId('gr'),
    name: said(call, 'name'),
    scorer_id: said(call, 'scorer_id'),
    scorer_version: integer(call.fields, 'scorer_version'),
    stage: oneOf(call.fields.stage, 'stage', STAGES),
    action: oneOf(call.fields.action, 'action', ACTIONS),
    action_endpoint_id: maybe(call, 'action_endpoint_id'),
    created: nowOf(call),
  };
  return call.deps.store.write(async (writer) => {
    await checkScorer(writer, call, row.scorer_id, row.scorer_version);
    if (row.action_endpoint_id !== '') await gatewayEndpoint(writer, call, row.action_endpoint_id);
    const { count } = await writer
      .selectFrom('mltrack_gateway_guardrails')
      .select((eb) => eb.fn.countAll().as('count'))
      .where('workspace_id', '=', row.workspace_id)
      .executeTakeFirstOrThrow();
    withinLimit(count, 'guardrails');
    await writer.insertInto('mltrack_gateway_guardrails').values(row).execute();
    return { guardrail: wireGuardrail(await guardrail(writer, call, row.guardrail_id)) };
  });
}

export async function getGatewayGuardrail(call: Call) {
  return { guardrail: wireGuardrail(await guardrail(call.deps.store.read, call, said(call, 'guardrail_id'))) };
}

export async function listGatewayGuardrails(call: Call) {
  const size = pageSize(call, 1000, 50_000);
  const offset = pageOffset(maybe(call, 'page_token'));
  const rows = await guardrails(call.deps.store.read, call)
    .offset(offset)
    .limit(size + 1)
    .execute();
  return {
    guardrails: rows.slice(0, size).map(wireGuardrail),
    ...(rows.length > size ? { next_page_token: pageToken(offset + size) } : {}),
  };
}

/** Deletes a guardrail, and takes it from the endpoints that have it. */
export async function deleteGatewayGuardrail(call: Call) {
  const id = said(call, 'guardrail_id');
  await call.deps.store.write(async (writer) => {
    const { workspace_id } = await guardrail(writer, call, id);
    for (const table of ['mltrack_gateway_guards', 'mltrack_gateway_guardrails'] as const)
      await writer.deleteFrom(table).where('workspace_id', '=', workspace_id).where('guardrail_id', '=', id).execute();
  });
  return {};
}
