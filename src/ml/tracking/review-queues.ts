import { randomBytes } from 'node:crypto';
import type { Selectable } from 'kysely';
import { conflict, invalid, notFound } from '../../kernel/errors.ts';
import type { Writer } from '../../store/index.ts';
import type { Call } from './call.ts';
import { activeExperiment } from './experiments.ts';
import { pageSize } from './registry-fields.ts';
import type { TrackingTables } from './tables.ts';
import { key, pageOffset, pageToken, text, texts } from './wire.ts';

export type QueueRow = Selectable<TrackingTables['mltrack_review_queues']>;
type Reader = Pick<Writer<TrackingTables>, 'selectFrom'>;

const TYPES = ['USER', 'CUSTOM'];
const USER_LIMIT = 250;
/** Reviewers and questions of one queue. */
const MOST_USERS = 10;
const MOST_SCHEMAS = 100;
/** The queue of clients that nobody signs in to. */
const RESERVED = 'default';

const wire = (row: QueueRow) => ({
  queue_id: row.queue_id,
  experiment_id: row.experiment_id,
  name: row.name,
  queue_type: row.type,
  ...(row.created_by === '' ? {} : { created_by: row.created_by }),
  creation_time_ms: row.created,
  last_update_time_ms: row.updated,
  users: JSON.parse(row.users) as string[],
  schema_ids: JSON.parse(row.schemas) as string[],
});

/** A reviewer's name: letters' case is no difference between two (reference server's source). */
export function userName(value: string): string {
  const name = value.trim().toLowerCase();
  if (name === '' || name.length > USER_LIMIT)
    throw invalid(`A reviewer's name has 1 to ${USER_LIMIT} characters, found ${name.length}.`, { target: 'users' });
  return name;
}

function usersField(call: Call): string[] {
  const users = [...new Set(texts(call.fields, 'users').map(userName))];
  if (users.length > MOST_USERS)
    throw invalid(`A queue has at most ${MOST_USERS} reviewers, found ${users.length}.`, { target: 'users' });
  return users.sort();
}

function customName(call: Call): string {
  const name = key(call.fields, 'name').trim();
  if (name === '' || name.toLowerCase() === RESERVED)
    throw invalid(`'${name}' cannot be the name of a queue: choose another one.`, { target: 'name' });
  return name;
}

/** @throws invalid for a question that the experiment hasn't */
async function schemasField(reader: Reader, call: Call, experiment: string): Promise<string[]> {
  const ids = [...new Set(texts(call.fields, 'schema_ids').map((id) => id.trim()))];
  if (ids.length === 0) return [];
  if (ids.length > MOST_SCHEMAS)
    throw invalid(`A queue has at most ${MOST_SCHEMAS} label schemas, found ${ids.length}.`, { target: 'schema_ids' });
  const found = await reader
    .selectFrom('mltrack_label_schemas')
    .select('schema_id')
    .where('workspace_id', '=', call.workspace.id)
    .where('experiment_id', '=', experiment)
    .where('schema_id', 'in', ids)
    .execute();
  const missing = ids.filter((id) => !found.some((one) => one.schema_id === id));
  if (missing.length > 0)
    throw invalid(`The experiment '${experiment}' has no label schema ${missing.join(', ').slice(0, 300)}.`, {
      target: 'schema_ids',
    });
  return ids.sort();
}

const queueNamed = (reader: Reader, call: Call, experiment: string, name: string) =>
  reader
    .selectFrom('mltrack_review_queues')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('experiment_id', '=', experiment)
    .where('name_key', '=', name.toLowerCase())
    .executeTakeFirst();

/** The queue that a request names as `queue_id`. @throws not-found */
export async function reviewQueue(reader: Reader, call: Call): Promise<QueueRow> {
  const id = text(call.fields, 'queue_id');
  const row = await reader
    .selectFrom('mltrack_review_queues')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('queue_id', '=', id)
    .executeTakeFirst();
  if (!row) throw notFound(`Review queue with id '${id}' not found.`);
  return row;
}

const taken = (name: string) => conflict(`Review queue with name '${name}' already exists (case is no difference).`);

function newQueue(
  call: Call,
  experiment: string,
  own: Pick<QueueRow, 'name' | 'type' | 'users' | 'schemas'>,
): QueueRow {
  const now = call.deps.clock.now().getTime();
  return {
    workspace_id: call.workspace.id,
    queue_id: `rq-${randomBytes(16).toString('hex')}`,
    experiment_id: experiment,
    name_key: own.name.toLowerCase(),
    created_by: text(call.fields, 'created_by', { fallback: '', limit: USER_LIMIT }),
    created: now,
    updated: now,
    ...own,
  };
}

/** Makes a queue of traces to review: one of chosen reviewers and questions, or a user's own, which has their name and asks every question. */
export async function createReviewQueue(call: Call) {
  const { experiment_id: experiment } = await activeExperiment(call);
  const type = text(call.fields, 'queue_type');
  if (!TYPES.includes(type))
    throw invalid(`A queue's type is ${TYPES.join(' or ')}, found '${type.slice(0, 50)}'.`, { target: 'queue_type' });
  const name = type === 'USER' ? userName(key(call.fields, 'name')) : customName(call);
  const users = usersField(call);
  if (type === 'USER' && (users.length > 1 || (users[0] ?? name) !== name))
    throw invalid(`A user's queue has that one reviewer: '${name}'.`, { target: 'users' });
  const row = await call.deps.store.write(async (writer) => {
    const schemas = await schemasField(writer, call, experiment);
    if (type === 'USER' && schemas.length > 0)
      throw invalid("A user's queue asks all of the experiment's questions: choose none.", { target: 'schema_ids' });
    if (await queueNamed(writer, call, experiment, name)) throw taken(name);
    const made = newQueue(call, experiment, {
      name,
      type,
      users: JSON.stringify(type === 'USER' ? [name] : users),
      schemas: JSON.stringify(schemas),
    });
    await writer.insertInto('mltrack_review_queues').values(made).execute();
    return made;
  });
  return { review_queue: wire(row) };
}

/** @throws conflict when another kind of queue has the user's name */
export async function getOrCreateUserQueue(call: Call) {
  const { experiment_id: experiment } = await activeExperiment(call);
  const name = userName(text(call.fields, 'user'));
  const row = await call.deps.store.write(async (writer) => {
    const found = await queueNamed(writer, call, experiment, name);
    if (found && found.type !== 'USER') throw taken(name);
    if (found) return found;
    const own = { name, type: 'USER', users: JSON.stringify([name]), schemas: '[]' };
    const made = { ...newQueue(call, experiment, own), created_by: name };
    await writer.insertInto('mltrack_review_queues').values(made).execute();
    return made;
  });
  return { review_queue: wire(row) };
}

export async function getReviewQueue(call: Call) {
  return { review_queue: wire(await reviewQueue(call.deps.store.read, call)) };
}

export async function getReviewQueueByName(call: Call) {
  const [experiment, name] = [text(call.fields, 'experiment_id'), text(call.fields, 'name')];
  const row = await queueNamed(call.deps.store.read, call, experiment, name);
  if (!row) throw notFound(`Review queue with name '${name}' not found for experiment '${experiment}'.`);
  return { review_queue: wire(row) };
}

/** An experiment's queues, the newest first; those of one reviewer, or those that one trace is in. */
export async function listReviewQueues(call: Call) {
  const { experiment_id: experiment } = await activeExperiment(call);
  const size = pageSize(call, 1000, 50_000);
  const offset = pageOffset(text(call.fields, 'page_token', { fallback: '' }));
  const user = text(call.fields, 'user', { fallback: '' });
  const item = text(call.fields, 'item_id', { fallback: '' });
  let query = call.deps.store.read
    .selectFrom('mltrack_review_queues')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('experiment_id', '=', experiment)
    .orderBy('created', 'desc')
    .orderBy('queue_id');
  if (item !== '')
    query = query.where('queue_id', 'in', (within) =>
      within
        .selectFrom('mltrack_review_items')
        .select('queue_id')
        .where('workspace_id', '=', call.workspace.id)
        .where('item_id', '=', item),
    );
  const rows = (await query.execute()).filter(
    (row) => user === '' || (JSON.parse(row.users) as string[]).includes(userName(user)),
  );
  return {
    review_queues: rows.slice(offset, offset + size).map(wire),
    ...(offset + size < rows.length ? { next_page_token: pageToken(offset + size) } : {}),
  };
}

/** Changes what the request names. The questions of a queue that has traces are fixed: reviewers are answering them. */
export async function updateReviewQueue(call: Call) {
  const { fields } = call;
  const row = await call.deps.store.write(async (writer) => {
    const before = await reviewQueue(writer, call);
    if (before.type === 'USER')
      throw invalid("A user's queue is fixed: its name, reviewer, questions and owner do not change.", {
        target: 'queue_id',
      });
    const name = fields.name === undefined ? before.name : customName(call);
    const other = await queueNamed(writer, call, before.experiment_id, name);
    if (other && other.queue_id !== before.queue_id) throw taken(name);
    if (fields.update_schema_ids === true) {
      const item = await writer
        .selectFrom('mltrack_review_items')
        .select('item_id')
        .where('workspace_id', '=', before.workspace_id)
        .where('queue_id', '=', before.queue_id)
        .executeTakeFirst();
      if (item)
        throw invalid('The questions of a queue that has items do not change: remove the items first.', {
          target: 'schema_ids',
        });
    }
    const changed = {
      name,
      name_key: name.toLowerCase(),
      ...(fields.new_owner === undefined ? {} : { created_by: key(fields, 'new_owner').trim() }),
      ...(fields.update_users === true ? { users: JSON.stringify(usersField(call)) } : {}),
      ...(fields.update_schema_ids === true
        ? { schemas: JSON.stringify(await schemasField(writer, call, before.experiment_id)) }
        : {}),
      updated: call.deps.clock.now().getTime(),
    };
    await writer
      .updateTable('mltrack_review_queues')
      .set(changed)
      .where('workspace_id', '=', before.workspace_id)
      .where('queue_id', '=', before.queue_id)
      .execute();
    return { ...before, ...changed };
  });
  return { review_queue: wire(row) };
}

/** Deletes a queue with what is in it; the traces stay. One that isn't there is no error (reference server's source). */
export async function deleteReviewQueue(call: Call) {
  const id = text(call.fields, 'queue_id');
  await call.deps.store.write(async (writer) => {
    for (const table of ['mltrack_review_items', 'mltrack_review_queues'] as const)
      await writer.deleteFrom(table).where('workspace_id', '=', call.workspace.id).where('queue_id', '=', id).execute();
  });
  return {};
}
