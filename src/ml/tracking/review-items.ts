import type { Selectable } from 'kysely';
import { invalid, notFound } from '../../kernel/errors.ts';
import type { Call } from './call.ts';
import { pageSize } from './registry-fields.ts';
import { reviewQueue, userName } from './review-queues.ts';
import type { TrackingTables } from './tables.ts';
import { pageOffset, pageToken, text, texts } from './wire.ts';

type Row = Selectable<TrackingTables['mltrack_review_items']>;

const STATUSES = ['PENDING', 'COMPLETE', 'DECLINED'];
const ITEM_LIMIT = 50;
/** Items that one request names. */
const MOST_ITEMS = 1000;

const wire = (row: Row) => ({
  queue_id: row.queue_id,
  item_type: 'TRACE',
  item_id: row.item_id,
  status: row.status,
  ...(row.completed_by === '' ? {} : { completed_by: row.completed_by, completed_time_ms: row.completed }),
  creation_time_ms: row.created,
  last_update_time_ms: row.updated,
});

function itemIds(call: Call): string[] {
  const ids = [...new Set(texts(call.fields, 'item_ids').map((id) => id.trim()))];
  if (ids.length < 1 || ids.length > MOST_ITEMS)
    throw invalid(`A request names 1 to ${MOST_ITEMS} items, found ${ids.length}.`, { target: 'item_ids' });
  if (ids.some((id) => id === '' || id.length > ITEM_LIMIT))
    throw invalid(`An item's id has 1 to ${ITEM_LIMIT} characters.`, { target: 'item_ids' });
  return ids;
}

function statusField(call: Call): string {
  const status = text(call.fields, 'status');
  if (!STATUSES.includes(status))
    throw invalid(`A review is ${STATUSES.join(', ')}, found '${status.slice(0, 50)}'.`, { target: 'status' });
  return status;
}

/** Puts traces into a queue; one that is there stays as it is. Answers the items that were named. */
export async function addReviewItems(call: Call) {
  const type = text(call.fields, 'item_type', { fallback: 'TRACE' });
  if (type !== 'TRACE')
    throw invalid(`Items of a queue are traces, found '${type.slice(0, 50)}'.`, { target: 'item_type' });
  const ids = itemIds(call);
  const now = call.deps.clock.now().getTime();
  const rows = await call.deps.store.write(async (writer) => {
    const { workspace_id, queue_id } = await reviewQueue(writer, call);
    const fresh = { status: 'PENDING', completed_by: '', completed: 0, created: now, updated: now };
    await writer
      .insertInto('mltrack_review_items')
      .values(ids.map((item_id) => ({ workspace_id, queue_id, item_id, ...fresh })))
      .onConflict((known) => known.columns(['workspace_id', 'queue_id', 'item_id']).doNothing())
      .execute();
    return writer
      .selectFrom('mltrack_review_items')
      .selectAll()
      .where('workspace_id', '=', workspace_id)
      .where('queue_id', '=', queue_id)
      .where('item_id', 'in', ids)
      .execute();
  });
  return { items: rows.sort((a, b) => ids.indexOf(a.item_id) - ids.indexOf(b.item_id)).map(wire) };
}

export async function removeReviewItems(call: Call) {
  const ids = itemIds(call);
  await call.deps.store.write(async (writer) => {
    const { workspace_id, queue_id } = await reviewQueue(writer, call);
    await writer
      .deleteFrom('mltrack_review_items')
      .where('workspace_id', '=', workspace_id)
      .where('queue_id', '=', queue_id)
      .where('item_id', 'in', ids)
      .execute();
  });
  return {};
}

/** A queue's items, the newest first; those of one status where it is named. */
export async function listReviewItems(call: Call) {
  const { workspace_id, queue_id } = await reviewQueue(call.deps.store.read, call);
  const size = pageSize(call, 1000, 50_000);
  const offset = pageOffset(text(call.fields, 'page_token', { fallback: '' }));
  let query = call.deps.store.read
    .selectFrom('mltrack_review_items')
    .selectAll()
    .where('workspace_id', '=', workspace_id)
    .where('queue_id', '=', queue_id)
    .orderBy('created', 'desc')
    .orderBy('item_id')
    .offset(offset)
    .limit(size + 1);
  if (call.fields.status !== undefined) query = query.where('status', '=', statusField(call));
  const rows = await query.execute();
  return {
    items: rows.slice(0, size).map(wire),
    ...(rows.length > size ? { next_page_token: pageToken(offset + size) } : {}),
  };
}

/** Ends a review, by whom it says, or opens it again. @throws not-found for an item that isn't in the queue */
export async function setReviewStatus(call: Call) {
  const [id, status] = [text(call.fields, 'item_id').trim(), statusField(call)];
  const named = text(call.fields, 'completed_by', { fallback: '' });
  if ((status === 'PENDING') !== (named === ''))
    throw invalid(
      status === 'PENDING'
        ? 'A review that is opened again is completed by nobody: leave completed_by out.'
        : `Say in completed_by whose review is ${status}.`,
      { target: 'completed_by' },
    );
  const by = named === '' ? '' : userName(named);
  const now = call.deps.clock.now().getTime();
  const row = await call.deps.store.write(async (writer) => {
    const { workspace_id, queue_id } = await reviewQueue(writer, call);
    const found = await writer
      .selectFrom('mltrack_review_items')
      .selectAll()
      .where('workspace_id', '=', workspace_id)
      .where('queue_id', '=', queue_id)
      .where('item_id', '=', id)
      .executeTakeFirst();
    if (!found) throw notFound(`Item '${id}' is not attached to review queue '${queue_id}'.`);
    const changed = { status, completed_by: by, completed: by === '' ? 0 : now, updated: now };
    await writer
      .updateTable('mltrack_review_items')
      .set(changed)
      .where('workspace_id', '=', workspace_id)
      .where('queue_id', '=', queue_id)
      .where('item_id', '=', id)
      .execute();
    return { ...found, ...changed };
  });
  return { item: wire(row) };
}
