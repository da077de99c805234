import { randomBytes } from 'node:crypto';
import type { Selectable } from 'kysely';
import { invalid, notFound } from '../../kernel/errors.ts';
import type { Writer } from '../../store/index.ts';
import type { Call } from './call.ts';
import { activeExperiment } from './experiments.ts';
import { pageSize } from './registry-fields.ts';
import { parseFilter } from './search/filter.ts';
import { ISSUE_SEARCH } from './search/grammar.ts';
import { matches } from './search/match.ts';
import type { TrackingTables } from './tables.ts';
import { pageOffset, pageToken, text, texts } from './wire.ts';

type Row = Selectable<TrackingTables['mltrack_issues']>;

const STATUSES = ['pending', 'rejected', 'resolved'];
/** From the least to the most severe. */
const SEVERITIES = ['not_an_issue', 'low', 'medium', 'high'];
const NAME_LIMIT = 1000;
const TEXT_LIMIT = 100_000;

const wire = (row: Row, traces?: number) => ({
  issue_id: row.issue_id,
  experiment_id: row.experiment_id,
  name: row.name,
  description: row.description,
  status: row.status,
  ...(row.severity === '' ? {} : { severity: row.severity }),
  root_causes: JSON.parse(row.root_causes) as string[],
  ...(row.source_run_id === '' ? {} : { source_run_id: row.source_run_id }),
  categories: JSON.parse(row.categories) as string[],
  created_timestamp: row.created,
  last_updated_timestamp: row.updated,
  ...(row.created_by === '' ? {} : { created_by: row.created_by }),
  ...(traces === undefined ? {} : { trace_count: traces }),
});

function word(call: Call, name: string, words: readonly string[], fallback: string): string {
  const found = text(call.fields, name, { fallback });
  if (found !== fallback && !words.includes(found))
    throw invalid(`An issue's ${name} is one of ${words.join(', ')}, found '${found.slice(0, 100)}'.`, {
      target: name,
    });
  return found;
}

function textsOf(call: Call, name: string): string {
  const found = texts(call.fields, name);
  if (found.length > 100 || found.some((one) => one.length > TEXT_LIMIT))
    throw invalid(`'${name}' holds at most 100 texts of ${TEXT_LIMIT} characters.`, { target: name });
  return JSON.stringify(found);
}

/** Notes a problem that was found in an experiment's traces or runs. */
export async function createIssue(call: Call) {
  const experiment = await activeExperiment(call);
  const now = call.deps.clock.now().getTime();
  const row: Row = {
    workspace_id: call.workspace.id,
    issue_id: `iss-${randomBytes(16).toString('hex')}`,
    experiment_id: experiment.experiment_id,
    name: text(call.fields, 'name', { limit: NAME_LIMIT }),
    description: text(call.fields, 'description', { fallback: '', limit: TEXT_LIMIT }),
    status: word(call, 'status', STATUSES, 'pending'),
    severity: word(call, 'severity', SEVERITIES, ''),
    root_causes: textsOf(call, 'root_causes'),
    source_run_id: text(call.fields, 'source_run_id', { fallback: '', limit: 255 }),
    categories: textsOf(call, 'categories'),
    created_by: text(call.fields, 'created_by', { fallback: '', limit: 255 }),
    created: now,
    updated: now,
  };
  await call.deps.store.write((writer) => writer.insertInto('mltrack_issues').values(row).execute());
  return { issue: wire(row) };
}

/** @throws not-found */
async function issueRow(call: Call, reader: Pick<Writer<TrackingTables>, 'selectFrom'>): Promise<Row> {
  const id = call.parameters.issue_id ?? '';
  const row = await reader
    .selectFrom('mltrack_issues')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('issue_id', '=', id)
    .executeTakeFirst();
  if (!row) throw notFound(`Issue with ID '${id}' not found`);
  return row;
}

export async function getIssue(call: Call) {
  return { issue: wire(await issueRow(call, call.deps.store.read)) };
}

/** Changes what the request names. */
export async function updateIssue(call: Call) {
  const row = await call.deps.store.write(async (writer) => {
    const before = await issueRow(call, writer);
    const changed = {
      name: text(call.fields, 'name', { fallback: before.name, limit: NAME_LIMIT }),
      description: text(call.fields, 'description', { fallback: before.description, limit: TEXT_LIMIT }),
      status: word(call, 'status', STATUSES, before.status),
      severity: word(call, 'severity', SEVERITIES, before.severity),
      updated: call.deps.clock.now().getTime(),
    };
    await writer
      .updateTable('mltrack_issues')
      .set(changed)
      .where('workspace_id', '=', before.workspace_id)
      .where('issue_id', '=', before.issue_id)
      .execute();
    return { ...before, ...changed };
  });
  return { issue: wire(row) };
}

/** The most severe first, then, where they are counted, those of most traces, then the newest (reference server's source). */
export async function searchIssues(call: Call) {
  const clauses = parseFilter(text(call.fields, 'filter_string', { fallback: '' }), ISSUE_SEARCH);
  const size = pageSize(call, 100, 50_000);
  const offset = pageOffset(text(call.fields, 'page_token', { fallback: '' }));
  const experiment = text(call.fields, 'experiment_id', { fallback: '' });
  let query = call.deps.store.read
    .selectFrom('mltrack_issues')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .orderBy('created', 'desc')
    .orderBy('issue_id', 'desc');
  if (experiment !== '') query = query.where('experiment_id', '=', experiment);
  const found = (await query.execute()).filter((row) =>
    matches(
      {
        metrics: {},
        params: {},
        tags: {},
        attributes: { status: row.status, source_run_id: row.source_run_id || undefined },
        datasets: [],
      },
      clauses,
    ),
  );
  const rank = (row: Row) => SEVERITIES.indexOf(row.severity);
  const counts = call.fields.include_trace_count === true ? await traceCounts(call) : undefined;
  const traces = (row: Row) => counts && (counts.get(row.issue_id)?.size ?? 0);
  const sorted = found.sort((a, b) => rank(b) - rank(a) || (traces(b) ?? 0) - (traces(a) ?? 0));
  return {
    issues: sorted.slice(offset, offset + size).map((row) => wire(row, traces(row))),
    ...(offset + size < sorted.length ? { next_page_token: pageToken(offset + size) } : {}),
  };
}

/** The traces that name each issue: an assessment of the issue's id that holds a reference to it. */
async function traceCounts(call: Call): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const rows = await call.deps.store.read
    .selectFrom('mltrack_assessments')
    .select(['trace_id', 'document'])
    .where('workspace_id', '=', call.workspace.id)
    .where('document', 'like', '%"issue":{%')
    .execute();
  const found = new Map<string, Set<string>>();
  for (const row of rows) {
    const { assessment_name: name, issue } = JSON.parse(row.document) as Record<string, unknown>;
    if (issue !== undefined) found.set(String(name), (found.get(String(name)) ?? new Set()).add(row.trace_id));
  }
  return found;
}
