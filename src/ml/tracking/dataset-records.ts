import { createHash, randomBytes } from 'node:crypto';
import { invalid } from '../../kernel/errors.ts';
import type { Writer } from '../../store/index.ts';
import type { Call } from './call.ts';
import { digestOf, readDataset, USER_TAG } from './evaluation-datasets.ts';
import { parseExactly, sortedJson, typeOf } from './exact-json.ts';
import { pageSize } from './registry-fields.ts';
import type { TrackingTables } from './tables.ts';
import { type Fields, fieldsOf, text, texts } from './wire.ts';

/** Records of one call, and ids of one deletion. */
const RECORD_LIMIT = 10_000;
/** Rows of one statement: SQLite takes 32,766 parameters. */
const BATCH = 500;

const SOURCES = ['UNSPECIFIED', 'TRACE', 'HUMAN', 'DOCUMENT', 'CODE'];

type Stored = {
  readonly inputs: unknown;
  readonly outputs?: unknown;
  readonly expectations?: Fields;
  readonly tags?: Fields;
  readonly source?: Fields;
  readonly created_by?: string;
  readonly last_updated_by?: string;
};

const objectOf = (record: Fields, name: string): Fields | undefined => {
  const value = record[name];
  if (value === undefined || value === null) return undefined;
  if (typeOf(value) !== 'object') throw invalid(`A record's '${name}' is an object.`, { target: name });
  return value as Fields;
};

const userOf = (tags: Fields | undefined) => (typeof tags?.[USER_TAG] === 'string' ? (tags[USER_TAG] as string) : '');

/** @throws invalid for a source of a type that MLflow has not */
function sourceOf(record: Fields): Fields | undefined {
  const source = objectOf(record, 'source');
  if (!source) return undefined;
  const type = String(source.source_type ?? '').toUpperCase();
  if (!SOURCES.includes(type))
    throw invalid(`Invalid dataset record source type: ${type.slice(0, 50)}. Use one of ${SOURCES.join(', ')}.`, {
      target: 'source',
    });
  return { source_type: type, source_data: objectOf(source, 'source_data') ?? {} };
}

function added(record: Fields): Stored {
  const [expectations, tags, source] = [objectOf(record, 'expectations'), objectOf(record, 'tags'), sourceOf(record)];
  const user = userOf(tags);
  return {
    inputs: objectOf(record, 'inputs') ?? {},
    outputs: record.outputs === undefined ? {} : record.outputs,
    ...(expectations ? { expectations } : {}),
    ...(tags ? { tags } : {}),
    ...(source ? { source } : {}),
    ...(user === '' ? {} : { created_by: user, last_updated_by: user }),
  };
}

/** A record that comes again, by its inputs: outputs are replaced, expectations and tags added to (reference server's source). */
function merged(before: Stored, record: Fields): Stored {
  const [expectations, tags] = [objectOf(record, 'expectations'), objectOf(record, 'tags')];
  const user = userOf(tags);
  return {
    ...before,
    ...('outputs' in record ? { outputs: record.outputs } : {}),
    ...(expectations ? { expectations: { ...before.expectations, ...expectations } } : {}),
    ...(tags ? { tags: { ...before.tags, ...tags } } : {}),
    ...(user === '' ? {} : { last_updated_by: user }),
  };
}

type Schema = Record<'inputs' | 'outputs' | 'expectations', Record<string, string> | string> & { version: string };

/** The names and types of the records' fields, as they were first seen. */
function widened(stored: string, records: readonly Fields[]): Schema {
  const schema: Schema =
    stored === '' ? { inputs: {}, outputs: {}, expectations: {}, version: '1.0' } : (JSON.parse(stored) as Schema);
  for (const record of records)
    for (const part of ['inputs', 'outputs', 'expectations'] as const) {
      const value = record[part];
      const known = schema[part];
      if (value === undefined || value === null || typeof known === 'string') continue;
      if (typeOf(value) !== 'object') {
        if (Object.keys(known).length === 0) schema[part] = typeOf(value);
        continue;
      }
      for (const [name, one] of Object.entries(value as Fields))
        if (!Object.hasOwn(known, name)) known[name] = typeOf(one);
    }
  return schema;
}

const hashOf = (inputs: unknown) => createHash('sha256').update(sortedJson(inputs)).digest('hex');

async function known(writer: Writer<TrackingTables>, workspaceId: string, id: string, hashes: readonly string[]) {
  const rows = new Map<string, { record_id: string; document: string }>();
  for (let at = 0; at < hashes.length; at += BATCH)
    for (const row of await writer
      .selectFrom('mltrack_dataset_records')
      .select(['record_id', 'input_hash', 'document'])
      .where('workspace_id', '=', workspaceId)
      .where('dataset_id', '=', id)
      .where('input_hash', 'in', hashes.slice(at, at + BATCH))
      .execute())
      rows.set(row.input_hash, row);
  return rows;
}

/** Puts records into a dataset: one whose inputs are there already is merged into that one. Answers how many of each there were. */
export async function upsertDatasetRecords(call: Call) {
  const sent = parseExactly(text(call.fields, 'records'), 'records');
  if (!Array.isArray(sent)) throw invalid("Parameter 'records' is the JSON text of a list.", { target: 'records' });
  if (sent.length > RECORD_LIMIT)
    throw invalid(`A call puts at most ${RECORD_LIMIT} records, found ${sent.length}: send them in parts.`, {
      target: 'records',
    });
  const records = sent.map(fieldsOf).map((record) => ({ record, hash: hashOf(objectOf(record, 'inputs') ?? {}) }));
  const now = call.deps.clock.now().getTime();
  return call.deps.store.write(async (writer) => {
    const dataset = await readDataset(writer, call);
    const place = { workspace_id: call.workspace.id, dataset_id: dataset.dataset_id };
    const before = await known(
      writer,
      place.workspace_id,
      place.dataset_id,
      records.map(({ hash }) => hash),
    );
    const rows = new Map<string, { id: string; stored: Stored }>();
    let updatedCount = 0;
    for (const { record, hash } of records) {
      const found = before.get(hash);
      const row =
        rows.get(hash) ?? (found && { id: found.record_id, stored: parseExactly(found.document, 'record') as Stored });
      if (row) updatedCount++;
      rows.set(
        hash,
        row
          ? { ...row, stored: merged(row.stored, record) }
          : { id: `dr-${randomBytes(16).toString('hex')}`, stored: added(record) },
      );
    }
    const written = [...rows].map(([hash, { id, stored }]) => ({
      ...place,
      record_id: id,
      input_hash: hash,
      document: JSON.stringify(stored),
      created: now,
      updated: now,
    }));
    for (let at = 0; at < written.length; at += BATCH)
      await writer
        .insertInto('mltrack_dataset_records')
        .values(written.slice(at, at + BATCH))
        .onConflict((there) =>
          there
            .columns(['workspace_id', 'dataset_id', 'record_id'])
            .doUpdateSet((eb) => ({ document: eb.ref('excluded.document'), updated: eb.ref('excluded.updated') })),
        )
        .execute();
    const inserted = records.length - updatedCount;
    const user = records.map(({ record }) => userOf(objectOf(record, 'tags'))).findLast((one) => one !== '');
    await writer
      .updateTable('mltrack_datasets')
      .set({
        updated: now,
        updated_by: user ?? '',
        digest: digestOf(dataset.name, now),
        records: dataset.records + inserted,
        schema: JSON.stringify(
          widened(
            dataset.schema,
            records.map(({ record }) => record),
          ),
        ),
      })
      .where('workspace_id', '=', place.workspace_id)
      .where('dataset_id', '=', place.dataset_id)
      .execute();
    return { inserted_count: inserted, updated_count: updatedCount };
  });
}

/** A page's token: the place of its last record in the order of (creation, id). */
function placeOf(token: string): { created: number; id: string } | undefined {
  if (token === '') return undefined;
  const match = /^(\d{1,15}):(dr-[0-9a-f]{32})$/.exec(Buffer.from(token, 'base64').toString('utf8'));
  if (!match) throw invalid('The page_token is not one that this service gave out.', { target: 'page_token' });
  return { created: Number(match[1]), id: match[2] as string };
}

export async function getDatasetRecords(call: Call) {
  const dataset = await readDataset(call.deps.store.read, call);
  const size = pageSize(call, 1000, RECORD_LIMIT);
  const after = placeOf(text(call.fields, 'page_token', { fallback: '' }));
  let query = call.deps.store.read
    .selectFrom('mltrack_dataset_records')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('dataset_id', '=', dataset.dataset_id)
    .orderBy('created')
    .orderBy('record_id')
    .limit(size + 1);
  if (after)
    query = query.where((where) =>
      where.or([
        where('created', '>', after.created),
        where.and([where('created', '=', after.created), where('record_id', '>', after.id)]),
      ]),
    );
  const rows = await query.execute();
  const page = rows.slice(0, size);
  const last = page.at(-1);
  const records = page.map((row) => {
    const { source, outputs, ...stored } = parseExactly(row.document, 'record') as Stored;
    const data = source?.source_data as Fields | undefined;
    const sourceId = source?.source_type === 'TRACE' ? data?.trace_id : data?.source_id;
    return {
      dataset_record_id: row.record_id,
      dataset_id: row.dataset_id,
      ...stored,
      tags: stored.tags ?? {},
      ...(outputs === null || outputs === undefined ? {} : { outputs }),
      ...(source ? { source, source_type: source.source_type } : {}),
      ...(typeof sourceId === 'string' ? { source_id: sourceId } : {}),
      created_time: row.created,
      last_update_time: row.updated,
    };
  });
  return {
    records: JSON.stringify(records),
    ...(rows.length > size && last
      ? { next_page_token: Buffer.from(`${last.created}:${last.record_id}`).toString('base64') }
      : {}),
  };
}

export async function deleteDatasetRecords(call: Call) {
  const ids = [...new Set(texts(call.fields, 'dataset_record_ids'))];
  if (ids.length > RECORD_LIMIT)
    throw invalid(`A call deletes at most ${RECORD_LIMIT} records, found ${ids.length}.`, {
      target: 'dataset_record_ids',
    });
  return call.deps.store.write(async (writer) => {
    const dataset = await readDataset(writer, call);
    let deleted = 0;
    for (let at = 0; at < ids.length; at += BATCH) {
      const gone = await writer
        .deleteFrom('mltrack_dataset_records')
        .where('workspace_id', '=', call.workspace.id)
        .where('dataset_id', '=', dataset.dataset_id)
        .where('record_id', 'in', ids.slice(at, at + BATCH))
        .executeTakeFirst();
      deleted += Number(gone.numDeletedRows);
    }
    await writer
      .updateTable('mltrack_datasets')
      .set({ records: dataset.records - deleted })
      .where('workspace_id', '=', call.workspace.id)
      .where('dataset_id', '=', dataset.dataset_id)
      .execute();
    return { deleted_count: deleted };
  });
}
