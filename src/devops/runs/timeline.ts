import type { TimelineRecordUpdate, TimelineResult } from '../../contracts/agent.ts';
import type { Reader, Vault, Writer } from '../../store/index.ts';
import type { DevopsTables } from '../tables.ts';
import { openDocument, sealDocument } from './secrets.ts';

/** A stored record: the last value of every field that was ever given. */
export type TimelineRecord = TimelineRecordUpdate & {
  readonly changeId: number;
  readonly lastModified: string;
  readonly attempt?: number;
  readonly task?: { readonly id: string; readonly name: string; readonly version: string } | null;
  readonly identifier?: string;
  /** Free data of kinds that the server adds itself, such as a link to an ML job. */
  readonly properties?: Readonly<Record<string, string>>;
};

export type RecordWrite = TimelineRecordUpdate & Partial<Pick<TimelineRecord, 'task' | 'identifier' | 'properties'>>;

const MOST_ISSUES = 20;
const LONGEST_TEXT = 4096;

/**
 * Upserts records: fields that are given replace the stored ones, others stay. One change id for the whole batch.
 * @param options.appendIssues add to the issues that are there rather than replace them
 * @returns the new change id and the merged records
 */
export async function writeRecords(
  writer: Writer<DevopsTables>,
  vault: Vault,
  planId: string,
  at: string,
  updates: readonly RecordWrite[],
  options: { appendIssues?: boolean } = {},
): Promise<TimelineRecord[]> {
  if (updates.length === 0) return [];
  const timeline = await writer
    .updateTable('devops_timelines')
    .set((eb) => ({ change_id: eb('change_id', '+', 1) }))
    .where('plan_id', '=', planId)
    .returning('change_id')
    .executeTakeFirst();
  if (!timeline) return [];
  const ids = [...new Set(updates.map((update) => update.id))];
  const rows = await writer
    .selectFrom('devops_records')
    .select(['id', 'document'])
    .where('plan_id', '=', planId)
    .where('id', 'in', ids)
    .execute();
  const known = new Map(rows.map((row) => [row.id, openDocument<TimelineRecord>(vault, row.document)]));
  for (const update of updates) {
    const before = known.get(update.id);
    known.set(update.id, { ...merge(before, update, options), changeId: timeline.change_id, lastModified: at });
  }
  const merged = ids.map((id) => known.get(id) as TimelineRecord);
  await writer
    .insertInto('devops_records')
    .values(
      merged.map((record) => ({
        plan_id: planId,
        id: record.id,
        change_id: timeline.change_id,
        document: sealDocument(vault, record),
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['plan_id', 'id']).doUpdateSet((eb) => ({
        change_id: eb.ref('excluded.change_id'),
        document: eb.ref('excluded.document'),
      })),
    )
    .execute();
  return merged;
}

function merge(
  before: TimelineRecord | undefined,
  update: RecordWrite,
  options: { appendIssues?: boolean },
): Omit<TimelineRecord, 'changeId' | 'lastModified'> {
  const given = Object.fromEntries(Object.entries(update).filter(([, value]) => value !== undefined));
  const merged = { ...before, ...given, id: update.id } as TimelineRecord;
  const issues = update.issues && options.appendIssues ? [...(before?.issues ?? []), ...update.issues] : merged.issues;
  return {
    ...merged,
    ...(issues ? { issues: issues.slice(0, MOST_ISSUES).map(cutIssue) } : {}),
    ...(update.errorCount !== undefined && options.appendIssues
      ? { errorCount: (before?.errorCount ?? 0) + update.errorCount }
      : {}),
    ...(update.variables ? { variables: { ...before?.variables, ...update.variables } } : {}),
  };
}

function cutIssue<T extends { readonly message: string }>(issue: T): T {
  return issue.message.length > LONGEST_TEXT
    ? { ...issue, message: `${issue.message.slice(0, LONGEST_TEXT)}…` }
    : issue;
}

/** All records of a plan, in the order of their tree: by parent is the reader's work, here by order and id. */
export async function readRecords(
  reader: Reader<DevopsTables>,
  vault: Vault,
  planId: string,
  sinceChange = 0,
): Promise<TimelineRecord[]> {
  const rows = await reader
    .selectFrom('devops_records')
    .select('document')
    .where('plan_id', '=', planId)
    .where('change_id', '>', sinceChange)
    .execute();
  return rows
    .map((row) => openDocument<TimelineRecord>(vault, row.document))
    .sort((a, b) => (a.order ?? 0) - (b.order ?? 0) || (a.id < b.id ? -1 : 1));
}

/**
 * Ends everything still open below a job whose executor is gone: what ran gets the job's result, what had not begun is skipped. Agents
 * of ours begin no step before word of it has left them, unless the server was away: when none is known to run, the next one counts as begun.
 */
export async function closeOpenRecords(
  writer: Writer<DevopsTables>,
  vault: Vault,
  planId: string,
  jobId: string,
  at: string,
  result: TimelineResult,
): Promise<void> {
  const records = await readRecords(writer, vault, planId);
  const inside = new Set([jobId]);
  for (let size = 0; size !== inside.size; ) {
    size = inside.size;
    for (const record of records) if (record.parentId && inside.has(record.parentId)) inside.add(record.id);
  }
  inside.delete(jobId);
  const open = records.filter((record) => inside.has(record.id) && record.state !== 'completed');
  const ran = open.filter((record) => record.state === 'inProgress').map((record) => record.id);
  if (result === 'abandoned' && ran.length === 0 && open[0]) ran.push(open[0].id);
  await writeRecords(
    writer,
    vault,
    planId,
    at,
    open.map((record) => ({
      id: record.id,
      state: 'completed',
      result: ran.includes(record.id) ? result : 'skipped',
      finishTime: at,
    })),
  );
}

/** The topic on which changes of a run are published. */
export const runTopic = (runId: number) => `devops/run/${runId}`;
