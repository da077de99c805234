import type { Selectable } from 'kysely';
import { invalid, notFound } from '../../kernel/errors.ts';
import { newGuid } from '../../kernel/ids.ts';
import type { Call } from './call.ts';
import { activeExperiment } from './experiments.ts';
import { parseFilter } from './search/filter.ts';
import { TRACE_SEARCH } from './search/grammar.ts';
import type { TrackingTables } from './tables.ts';
import { type Fields, fieldsOf, text, texts } from './wire.ts';

type Row = Selectable<TrackingTables['mltrack_online_scoring']>;

const SCORER_LIMIT = 900;
const FILTER_LIMIT = 20_000;

const wire = (row: Row) => ({
  online_scoring_config_id: row.config_id,
  scorer_id: row.scorer_id,
  sample_rate: Number(row.sample_rate),
  experiment_id: row.experiment_id,
  ...(row.filter === '' ? {} : { filter_string: row.filter }),
});

/** What share of new traces each of the scorers is to look at; those of which nothing was said are left out. */
export async function getOnlineScoringConfigs(call: Call) {
  const ids = texts(call.fields, 'scorer_ids');
  if (ids.length > SCORER_LIMIT)
    throw invalid(`At most ${SCORER_LIMIT} scorers at once, found ${ids.length}.`, { target: 'scorer_ids' });
  if (ids.length === 0) return { configs: [] };
  const rows = await call.deps.store.read
    .selectFrom('mltrack_online_scoring')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('scorer_id', 'in', ids)
    .execute();
  return { configs: rows.map(wire) };
}

/**
 * Says what share of new traces a scorer is to look at, in place of what was said before. It is kept, and no trace is looked at: that takes a model.
 * @throws not-found without such a scorer; invalid for a share that is none, a filter that can't be read, and, for a share above 0, a scorer whose model
 *   is not the gateway's or that wants expectations (reference server's source)
 */
export async function setOnlineScoringConfig(call: Call) {
  const rate = Number(call.fields.sample_rate ?? Number.NaN);
  if (!(rate >= 0 && rate <= 1))
    throw invalid(`sample_rate is 0 to 1, found ${String(call.fields.sample_rate).slice(0, 100)}.`, {
      target: 'sample_rate',
    });
  const name = text(call.fields, 'name', { limit: 1000 });
  const filter = text(call.fields, 'filter_string', { fallback: '', limit: FILTER_LIMIT });
  parseFilter(filter, TRACE_SEARCH);
  const { experiment_id: experiment } = await activeExperiment(call);
  const row = await call.deps.store.write(async (writer) => {
    const scorer = await writer
      .selectFrom('mltrack_scorers')
      .select(['scorer_id', 'content'])
      .where('workspace_id', '=', call.workspace.id)
      .where('experiment_id', '=', experiment)
      .where('name', '=', name)
      .orderBy('version', 'desc')
      .executeTakeFirst();
    if (!scorer) throw notFound(`Scorer with name '${name}' not found for experiment ${experiment}.`);
    if (rate > 0) checkScorer(name, fieldsOf(JSON.parse(scorer.content)));
    const next: Row = {
      workspace_id: call.workspace.id,
      scorer_id: scorer.scorer_id,
      config_id: newGuid().replaceAll('-', ''),
      experiment_id: experiment,
      sample_rate: String(rate),
      filter,
    };
    await writer
      .insertInto('mltrack_online_scoring')
      .values(next)
      .onConflict((conflict) => conflict.columns(['workspace_id', 'scorer_id']).doUpdateSet(next))
      .execute();
    return next;
  });
  return { config: wire(row) };
}

function checkScorer(name: string, scorer: Fields): void {
  const model = modelOf(scorer);
  if (typeof model !== 'string' || !model.startsWith('gateway:/'))
    throw invalid(
      `Scorer '${name}' does not use a gateway model, which scorers that look at new traces by themselves have: gateway:/endpoint.`,
      { target: 'name' },
    );
  if (/\{\{\s*expectations\s*\}\}/.test(String(fieldsOf(scorer.instructions_judge_pydantic_data).instructions ?? '')))
    throw invalid(`Scorer '${name}' wants expectations, which new traces don't have.`, { target: 'name' });
}

/** Where a scorer's JSON names its model (client source). */
function modelOf(scorer: Fields, depth = 0): unknown {
  for (const kind of ['instructions_judge_pydantic_data', 'builtin_scorer_pydantic_data', 'third_party_scorer_data'])
    if (scorer[kind]) return fieldsOf(scorer[kind]).model;
  const base = fieldsOf(scorer.memory_augmented_judge_data).base_judge;
  return base && depth < 10 ? modelOf(fieldsOf(base), depth + 1) : undefined;
}
