import type { Selectable } from 'kysely';
import { invalid, notFound } from '../../kernel/errors.ts';
import { newGuid } from '../../kernel/ids.ts';
import type { Writer } from '../../store/index.ts';
import type { Call } from './call.ts';
import { activeExperiment } from './experiments.ts';
import type { TrackingTables } from './tables.ts';
import { integer, text } from './wire.ts';

type Row = Selectable<TrackingTables['mltrack_scorers']>;

const NAME_LIMIT = 256;
const CONTENT_LIMIT = 4 * 1024 * 1024;

/** The field is a number on the wire, which the ids of most experiments here are not: those are left out, and clients read 0. */
export function wireScorer(row: Row) {
  return {
    ...(/^\d{1,9}$/.test(row.experiment_id) ? { experiment_id: Number(row.experiment_id) } : {}),
    scorer_name: row.name,
    scorer_version: row.version,
    serialized_scorer: row.content,
    creation_time: row.created,
    scorer_id: row.scorer_id,
  };
}

const experimentOf = async (call: Call) => (await activeExperiment(call)).experiment_id;

function nameOf(call: Call): string {
  const name = text(call.fields, 'name', { limit: NAME_LIMIT });
  if (name.trim() === '') throw invalid('Scorer name cannot be empty or contain only whitespace.', { target: 'name' });
  return name;
}

const versionOf = (call: Call) =>
  call.fields.version === undefined || call.fields.version === null ? undefined : integer(call.fields, 'version');

const absent = (name: string, experiment: string, version?: number) =>
  notFound(
    `Scorer with name '${name}'${version === undefined ? '' : ` and version ${version}`} not found for experiment ${experiment}.`,
  );

/** Versions of an experiment's scorers, or of one of them, the newest first. Contents are large: whoever reads takes no more than it needs. */
function versions(reader: Pick<Writer<TrackingTables>, 'selectFrom'>, call: Call, experiment: string, name?: string) {
  const query = reader
    .selectFrom('mltrack_scorers')
    .where('workspace_id', '=', call.workspace.id)
    .where('experiment_id', '=', experiment)
    .orderBy('name')
    .orderBy('version', 'desc');
  return name === undefined ? query : query.where('name', '=', name);
}

/** Keeps a scorer's next version. Its code is never run here: the client that made it reads it back. */
export async function registerScorer(call: Call) {
  const [experiment, name] = [await experimentOf(call), nameOf(call)];
  const content = text(call.fields, 'serialized_scorer', { limit: CONTENT_LIMIT });
  try {
    JSON.parse(content);
  } catch {
    throw invalid("Parameter 'serialized_scorer' is JSON text.", { target: 'serialized_scorer' });
  }
  const created = call.deps.clock.now().getTime();
  const row = await call.deps.store.write(async (writer) => {
    const last = await versions(writer, call, experiment, name).select(['version', 'scorer_id']).executeTakeFirst();
    const next: Row = {
      workspace_id: call.workspace.id,
      experiment_id: experiment,
      name,
      version: (last?.version ?? 0) + 1,
      scorer_id: last?.scorer_id ?? newGuid(),
      content,
      created,
    };
    await writer.insertInto('mltrack_scorers').values(next).execute();
    return next;
  });
  return {
    experiment_id: row.experiment_id,
    name: row.name,
    version: row.version,
    serialized_scorer: row.content,
    creation_time: row.created,
    scorer_id: row.scorer_id,
  };
}

/** The latest version of each scorer of an experiment. */
export async function listScorers(call: Call) {
  const { read } = call.deps.store;
  const experiment = await experimentOf(call);
  const rows = await versions(read, call, experiment)
    .selectAll()
    .where('version', '=', (newest) =>
      newest
        .selectFrom('mltrack_scorers as other')
        .select((eb) => eb.fn.max('other.version').as('version'))
        .whereRef('other.workspace_id', '=', 'mltrack_scorers.workspace_id')
        .whereRef('other.experiment_id', '=', 'mltrack_scorers.experiment_id')
        .whereRef('other.name', '=', 'mltrack_scorers.name'),
    )
    .execute();
  return { scorers: rows.map(wireScorer) };
}

export async function listScorerVersions(call: Call) {
  const [experiment, name] = [await experimentOf(call), nameOf(call)];
  const rows = await versions(call.deps.store.read, call, experiment, name).selectAll().execute();
  if (rows.length === 0) throw absent(name, experiment);
  return { scorers: rows.toReversed().map(wireScorer) };
}

/** One version of a scorer; the latest where none is named. */
export async function getScorer(call: Call) {
  const [experiment, name, version] = [await experimentOf(call), nameOf(call), versionOf(call)];
  const all = versions(call.deps.store.read, call, experiment, name).selectAll();
  const row = await (version === undefined ? all : all.where('version', '=', version)).executeTakeFirst();
  if (!row) throw absent(name, experiment, version);
  return { scorer: wireScorer(row) };
}

/** Deletes one version of a scorer; all where none is named. What a guardrail of the gateway is made of stays. */
export async function deleteScorer(call: Call) {
  const [experiment, name, version] = [await experimentOf(call), nameOf(call), versionOf(call)];
  await call.deps.store.write(async (writer) => {
    const known = await versions(writer, call, experiment, name).select('scorer_id').executeTakeFirst();
    let guards = writer
      .selectFrom('mltrack_gateway_guardrails')
      .select('guardrail_id')
      .where('workspace_id', '=', call.workspace.id)
      .where('scorer_id', '=', known?.scorer_id ?? '');
    if (version !== undefined) guards = guards.where('scorer_version', '=', version);
    const guard = await guards.executeTakeFirst();
    if (guard)
      throw invalid(`Scorer '${name}' is used by the gateway's guardrail '${guard.guardrail_id}': delete that first.`, {
        wire: 'INVALID_STATE',
      });
    let rows = writer
      .deleteFrom('mltrack_scorers')
      .where('workspace_id', '=', call.workspace.id)
      .where('experiment_id', '=', experiment)
      .where('name', '=', name);
    if (version !== undefined) rows = rows.where('version', '=', version);
    if ((await rows.executeTakeFirst()).numDeletedRows === 0n) throw absent(name, experiment, version);
    // What it was to look at goes with the last of it.
    await writer
      .deleteFrom('mltrack_online_scoring')
      .where('workspace_id', '=', call.workspace.id)
      .where('scorer_id', 'not in', (left) =>
        left.selectFrom('mltrack_scorers').select('scorer_id').where('workspace_id', '=', call.workspace.id),
      )
      .execute();
  });
  return {};
}
