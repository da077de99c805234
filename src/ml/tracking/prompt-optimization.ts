import type { Selectable } from 'kysely';
import { invalid, notFound } from '../../kernel/errors.ts';
import { newGuid } from '../../kernel/ids.ts';
import type { Call } from './call.ts';
import { activeExperiment } from './experiments.ts';
import { logBatch, logInputs } from './logging.ts';
import { createRun, deleteRun, runData, updateRun } from './runs.ts';
import type { TrackingTables } from './tables.ts';
import { type Fields, fieldsOf, list, text, texts } from './wire.ts';

type Row = Selectable<TrackingTables['mltrack_prompt_optimizations']>;
type Given = { readonly source_prompt_uri: string; readonly config: Fields; readonly tags: readonly Fields[] };

/** By the names of protobuf, as they travel, and by their numbers. */
const OPTIMIZERS: Readonly<Record<string, string>> = {
  OPTIMIZER_TYPE_GEPA: 'gepa',
  OPTIMIZER_TYPE_METAPROMPT: 'metaprompt',
};
const NAMES = ['OPTIMIZER_TYPE_UNSPECIFIED', 'OPTIMIZER_TYPE_GEPA', 'OPTIMIZER_TYPE_METAPROMPT'];
/** What becomes a parameter of the run is no longer than one may be (documented). */
const PARAMETER_LIMIT = 6000;
const SCORER_LIMIT = 100;
const JOB_LIMIT = 1000;

const ERROR =
  'not implemented: optimizing prompts on the server, which takes a language model. Call mlflow.genai.optimize_prompts where you have one: it writes the prompt and its run here.';

/** The same call with other fields. */
const asking = (call: Call, fields: Fields): Call => ({ ...call, fields });

function wire(row: Row) {
  const { source_prompt_uri, config, tags } = JSON.parse(row.document) as Given;
  return {
    job_id: row.job_id,
    run_id: row.run_id,
    state: { status: 'JOB_STATUS_FAILED', error_message: row.error },
    experiment_id: row.experiment_id,
    source_prompt_uri,
    // What was not said is left out, as protobuf does.
    config: Object.fromEntries(Object.entries(config).filter(([, value]) => value !== '')),
    creation_timestamp_ms: row.created,
    tags,
  };
}

/**
 * Keeps a job that would optimize a prompt, with its run and the run's parameters, as the reference server does; then the job has failed, since it takes a
 * language model to run it, and says so.
 * @throws invalid, not-found for an experiment or data set that isn't there
 */
export async function createPromptOptimizationJob(call: Call) {
  const uri = text(call.fields, 'source_prompt_uri', { limit: PARAMETER_LIMIT });
  if (uri === '') throw invalid('source_prompt_uri is required for optimization job.', { target: 'source_prompt_uri' });
  const { experiment_id: experiment } = await activeExperiment(call);
  const config = configOf(fieldsOf(call.fields.config));
  const tags = list(call.fields, 'tags', 1000).map((tag) => ({
    key: text(tag, 'key', { limit: 250 }),
    value: text(tag, 'value', { fallback: '', limit: 8000 }),
  }));
  const dataset = config.dataset_id === '' ? undefined : await datasetOf(call, config.dataset_id);
  const created = call.deps.clock.now().getTime();
  const [, name = '', version = ''] = /^prompts:\/([^/]+)\/([^/]+)/.exec(uri) ?? [];
  const optimizer = OPTIMIZERS[config.optimizer_type] as string;
  const { run } = await createRun(
    asking(call, {
      experiment_id: experiment,
      start_time: created,
      run_name: `optimize_prompt_${optimizer}_${name.slice(0, 200)}_${version.slice(0, 50)}_${created}`,
    }),
  );
  const { run_id: id } = run.info;
  const params = {
    source_prompt_uri: uri,
    optimizer_type: optimizer,
    dataset_id: config.dataset_id,
    scorer_names: JSON.stringify(config.scorers),
    ...(config.optimizer_config_json === '' ? {} : { optimizer_config_json: config.optimizer_config_json }),
  };
  await logBatch(asking(call, { run_id: id, params: Object.entries(params).map(([key, value]) => ({ key, value })) }));
  if (dataset)
    await logInputs(
      asking(call, {
        run_id: id,
        datasets: [{ dataset, tags: [{ key: 'mlflow.data.context', value: 'optimization' }] }],
      }),
    );
  await updateRun(asking(call, { run_id: id, status: 'FAILED', end_time: created }));
  const given: Given = { source_prompt_uri: uri, config, tags };
  const row: Row = {
    workspace_id: call.workspace.id,
    job_id: newGuid(),
    experiment_id: experiment,
    run_id: id,
    document: JSON.stringify(given),
    error: ERROR,
    created,
  };
  await call.deps.store.write((writer) => writer.insertInto('mltrack_prompt_optimizations').values(row).execute());
  return { job: wire(row) };
}

function configOf(config: Fields) {
  const asked = text(config, 'optimizer_type', { fallback: '' });
  const type = NAMES[Number(asked || Number.NaN)] ?? asked;
  if (!Object.hasOwn(OPTIMIZERS, type))
    throw invalid(`optimizer_type is one of ${Object.keys(OPTIMIZERS).join(', ')}, found '${asked.slice(0, 100)}'.`, {
      target: 'optimizer_type',
    });
  const scorers = texts(config, 'scorers');
  if (scorers.length > SCORER_LIMIT || JSON.stringify(scorers).length > PARAMETER_LIMIT)
    throw invalid(`At most ${SCORER_LIMIT} scorers, whose names come to ${PARAMETER_LIMIT} characters.`, {
      target: 'scorers',
    });
  const json = text(config, 'optimizer_config_json', { fallback: '', limit: PARAMETER_LIMIT });
  if (json !== '')
    try {
      JSON.parse(json);
    } catch (error) {
      throw invalid(`Invalid JSON in optimizer_config_json: ${(error as Error).message.slice(0, 200)}`, {
        target: 'optimizer_config_json',
      });
    }
  return {
    optimizer_type: type,
    dataset_id: text(config, 'dataset_id', { fallback: '', limit: 250 }),
    scorers,
    optimizer_config_json: json,
  };
}

async function datasetOf(call: Call, id: string) {
  const row = await call.deps.store.read
    .selectFrom('mltrack_datasets')
    .select(['name', 'digest'])
    .where('workspace_id', '=', call.workspace.id)
    .where('dataset_id', '=', id)
    .executeTakeFirst();
  if (!row) throw notFound(`Evaluation dataset with ID '${id}' not found.`);
  return { ...row, source_type: 'mlflow', source: JSON.stringify({ dataset_id: id }) };
}

/** @throws not-found */
async function jobRow(call: Call): Promise<Row> {
  const id = call.parameters.job_id ?? '';
  const row = await call.deps.store.read
    .selectFrom('mltrack_prompt_optimizations')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('job_id', '=', id)
    .executeTakeFirst();
  if (!row) throw notFound(`Job with ID ${id.slice(0, 100)} not found.`);
  return row;
}

/** One job, with the scores that its run holds. */
export async function getPromptOptimizationJob(call: Call) {
  const row = await jobRow(call);
  const metrics = (await runData(call, [row.run_id])).get(row.run_id)?.metrics ?? [];
  const scores = (kind: string) =>
    Object.fromEntries(
      metrics.flatMap(({ key, value }) => {
        const [name, ...scorer] = key.split('.');
        return name === kind ? [[scorer.join('.') || 'aggregate', Number(value)]] : [];
      }),
    );
  return {
    job: {
      ...wire(row),
      initial_eval_scores: scores('initial_eval_score'),
      final_eval_scores: scores('final_eval_score'),
    },
  };
}

/** The jobs of an experiment, in the order of their making. */
export async function searchPromptOptimizationJobs(call: Call) {
  const rows = await call.deps.store.read
    .selectFrom('mltrack_prompt_optimizations')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('experiment_id', '=', text(call.fields, 'experiment_id'))
    .orderBy('created')
    .orderBy('job_id')
    .limit(JOB_LIMIT)
    .execute();
  return { jobs: rows.map(wire) };
}

/** @throws invalid: every job here has ended */
export async function cancelPromptOptimizationJob(call: Call): Promise<never> {
  const { job_id: id } = await jobRow(call);
  throw invalid(`The Job ${id} is already finalized with status: FAILED, it can't be updated.`);
}

/** Deletes a job, and its run with it. */
export async function deletePromptOptimizationJob(call: Call): Promise<Record<string, never>> {
  const row = await jobRow(call);
  await call.deps.store.write((writer) =>
    writer
      .deleteFrom('mltrack_prompt_optimizations')
      .where('workspace_id', '=', row.workspace_id)
      .where('job_id', '=', row.job_id)
      .execute(),
  );
  const run = await call.deps.store.read
    .selectFrom('mltrack_runs')
    .select('run_id')
    .where('workspace_id', '=', row.workspace_id)
    .where('run_id', '=', row.run_id)
    .executeTakeFirst();
  if (run) await deleteRun(asking(call, run));
  return {};
}
