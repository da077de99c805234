import type { PipelineNode } from '../component/local-component.ts';
import { isMap, pythonText, type YamlMap, YamlNumber, type YamlValue } from '../load/yaml-value.ts';
import { resolveByName } from '../references.ts';
import { automlTask } from './automl-definition.ts';
import { AUTOML_TASKS, type AutomlTask, WIRE_WORDS, wireWord, yamlWord } from './automl-words.ts';
import { isoDuration } from './duration.ts';
import { inputToWire, isBinding, outputToWire } from './inputs.ts';
import { optionalText, type Submission } from './submission.ts';
import { DISTRIBUTION_MEMBERS, distributionType } from './sweep-definition.ts';
import { automlSweep } from './sweep-job.ts';
import { camel, resourcesOf, textMap, wholeNumber } from './wire-words.ts';

// What the public extension 2.42.0 makes of the same files (recorded), but for what it loses or fails at: the type of an
// output, and the settings of a stacked ensemble, are sent as they are written.

/** An AutoML job's own properties on the wire; local data are sent on the way. */
export async function automlJobProperties(
  submission: Submission,
  data: YamlMap,
  folder: string,
): Promise<Record<string, unknown>> {
  const compute = optionalText(data, 'compute');
  const variables = textMap(data['environment_variables']);
  const outputs = Object.entries(isMap(data['outputs']) ? data['outputs'] : {});
  const resources = resourcesOf(data['resources']);
  const queue = isMap(data['queue_settings']) ? data['queue_settings'] : undefined;
  const environmentId = optionalText(data, 'environment_id');
  return {
    ...(compute ? { computeId: resolveByName(submission.scope, 'computes', compute) } : {}),
    ...(environmentId ? { environmentId } : {}),
    ...(Object.keys(variables).length ? { environmentVariables: variables } : {}),
    outputs: Object.fromEntries(outputs.map(([name, value]) => [name, outputToWire(value, 'camel')])),
    ...(queue ? { queueSettings: renamed(queue) } : {}),
    ...(resources ? { resources: renamed(resources) } : {}),
    taskDetails: await taskToWire(submission, data, folder),
  };
}

async function taskToWire(submission: Submission, data: YamlMap, folder: string): Promise<Record<string, unknown>> {
  const task = automlTask(data) ?? 'classification';
  const { wire, family, metrics, metric } = AUTOML_TASKS[task];
  const sets: Record<string, unknown> = {};
  for (const key of ['training_data', 'validation_data', 'test_data']) {
    const value = data[key];
    if (isMap(value))
      sets[camel(key)] = await inputToWire(submission.scope, { type: 'mltable', ...value }, folder, 'camel');
  }
  const same = [
    'target_column_name',
    'validation_data_size',
    'test_data_size',
    'cv_split_column_names',
    'weight_column_name',
    'positive_label',
  ].flatMap((key) => ((data[key] ?? null) === null ? [] : [[camel(key), data[key]]]));
  const map = (key: string) => (isMap(data[key]) ? data[key] : undefined);
  const [featurization, limits, training, parameters, sweep] = [
    map('featurization'),
    map('limits'),
    map('training'),
    map('training_parameters'),
    map('sweep'),
  ];
  const crossed = data['n_cross_validations'] ?? null;
  const space = data['search_space'];
  const own = family === 'table' ? 'trainingSettings' : family === 'image' ? 'modelSettings' : 'fixedParameters';
  return {
    taskType: wire,
    ...sets,
    ...Object.fromEntries(same),
    ...(crossed === null ? {} : { nCrossValidations: automatic(crossed) }),
    ...(featurization ? { featurizationSettings: featurizationToWire(featurization, family) } : {}),
    ...limitsToWire(limits, family),
    ...(training ? { [own]: trainingToWire(training) } : {}),
    ...(task === 'forecasting' && isMap(data['forecasting'])
      ? { forecastingSettings: forecastingToWire(data['forecasting']) }
      : {}),
    ...(parameters ? { [own]: renamed(worded(parameters)) } : {}),
    ...(sweep ? { sweepSettings: automlSweep(sweep) } : {}),
    ...(Array.isArray(space) ? { searchSpace: space.map((one) => renamed(searched(one))) } : {}),
    logVerbosity: wireWord(WIRE_WORDS.log_verbosity, data['log_verbosity'] ?? 'info'),
    ...(metric === undefined ? {} : { primaryMetric: wireWord(metrics, data['primary_metric'] ?? metric) }),
  };
}

type Family = (typeof AUTOML_TASKS)[AutomlTask]['family'];

/** `auto`, or a number or list of the user's own. */
function automatic(value: YamlValue): Record<string, unknown> {
  if (pythonText(value).toLowerCase() === 'auto') return { mode: 'Auto' };
  return { mode: 'Custom', value: wholeNumber(value) ?? value };
}

function featurizationToWire(featurization: YamlMap, family: Family): Record<string, unknown> {
  const { mode, transformer_params: given, blocked_transformers: blocked, ...rest } = featurization;
  if (family !== 'table') return renamed(featurization);
  const parameters = Object.entries(isMap(given) ? given : {});
  return {
    ...renamed(rest),
    ...(Array.isArray(blocked)
      ? { blockedTransformers: blocked.map((one) => wireWord(WIRE_WORDS.blocked_transformers, one)) }
      : {}),
    mode: pythonText(mode ?? 'auto').toLowerCase(),
    transformerParams: Object.fromEntries(
      parameters.map(([name, all]) => [pythonText(wireWord(WIRE_WORDS.transformer_params, name)), all]),
    ),
  };
}

// Minutes in a file, durations on the wire; zeros and ones are the clients' (recorded).
function limitsToWire(limits: YamlMap | undefined, family: Family): Record<string, unknown> {
  if (family === 'table' && !limits) return {};
  const entries = Object.entries(limits ?? {}).flatMap(([key, value]): [string, unknown][] => {
    if (value === null) return [];
    const count = typeof value === 'boolean' ? undefined : wholeNumber(value);
    if (!key.endsWith('timeout_minutes')) return [[camel(key), count ?? value]];
    return [[camel(key.replace(/_minutes$/, '')), count === undefined ? value : isoDuration(count * 60)]];
  });
  const first = { table: { sweepConcurrentTrials: 0, sweepTrials: 0 }, image: {}, text: { maxNodes: 1, maxTrials: 1 } };
  return { limitSettings: { ...first[family], ...Object.fromEntries(entries) } };
}

function trainingToWire(training: YamlMap): Record<string, unknown> {
  const { ensemble_model_download_timeout_minutes: minutes, stack_ensemble_settings: stack, ...rest } = training;
  const wait = wholeNumber(minutes);
  return {
    ...renamed(worded(rest)),
    ...(wait === undefined ? {} : { ensembleModelDownloadTimeout: isoDuration(wait * 60) }),
    ...(isMap(stack) ? { stackEnsembleSettings: renamed(worded(stack)) } : {}),
  };
}

const AUTOMATIC = ['forecast_horizon', 'target_rolling_window_size', 'seasonality'];
const COLUMNS = ['time_series_id_column_names', 'features_unknown_at_forecast_time'];
const LOWER = ['feature_lags', 'short_series_handling_config', 'use_stl', 'target_aggregate_function'];

function forecastingToWire(forecasting: YamlMap): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(forecasting).flatMap(([key, value]): [string, unknown][] => {
      if (value === null) return [];
      if (key === 'target_lags') return [[camel(key), lags(value)]];
      if (AUTOMATIC.includes(key)) return [[camel(key), automatic(value)]];
      if (COLUMNS.includes(key)) return [[camel(key), Array.isArray(value) ? value : [value]]];
      return [[camel(key), LOWER.includes(key) ? pythonText(value).toLowerCase() : value]];
    }),
  );
}

function lags(value: YamlValue): Record<string, unknown> {
  if (typeof value === 'string' && value.toLowerCase() === 'auto') return { mode: 'Auto' };
  return { mode: 'Custom', values: Array.isArray(value) ? value : [wholeNumber(value) ?? value] };
}

/** The members whose words have a spelling of their own on the wire, in it. */
function worded(map: YamlMap): YamlMap {
  return Object.fromEntries(
    Object.entries(map).map(([key, value]): [string, YamlValue] => {
      const name = key.endsWith('_training_algorithms') ? 'training_algorithms' : key;
      if (!Object.hasOwn(WIRE_WORDS, name)) return [key, value];
      const words = WIRE_WORDS[name as keyof typeof WIRE_WORDS];
      return [key, Array.isArray(value) ? value.map((one) => wireWord(words, one)) : wireWord(words, value)];
    }),
  );
}

/** A search space's distributions, and its values, as text: `uniform(0.0001,0.01)`, `choice('small','medium')`. */
function searched(space: YamlValue): YamlMap {
  if (!isMap(space)) return {};
  return Object.fromEntries(Object.entries(space).map(([key, value]) => [key, expression(value)]));
}

function expression(value: YamlValue): string {
  const type = distributionType(value);
  const members = DISTRIBUTION_MEMBERS[type];
  if (!isMap(value) || !members) return plain(value);
  const values = type === 'choice' && Array.isArray(value['values']) ? value['values'] : undefined;
  const texts = values
    ? values.map((one) => (typeof one === 'string' ? `'${one}'` : plain(one)))
    : members.map((name) => plain(value[name] ?? null));
  return `${type}(${texts.join(',')})`;
}

// No exponents: the service reads none.
function plain(value: YamlValue): string {
  const text = pythonText(value);
  if (!(value instanceof YamlNumber) || !/e/i.test(text)) return text;
  return value.value.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 20 });
}

/** The keys that the wire spells as no rule would have it (spec). */
const SPELLED: Readonly<Record<string, string>> = {
  step_lr_gamma: 'stepLRGamma',
  step_lr_step_size: 'stepLRStepSize',
  warmup_cosine_lr_cycles: 'warmupCosineLRCycles',
  warmup_cosine_lr_warmup_epochs: 'warmupCosineLRWarmupEpochs',
  stack_meta_learner_kwargs: 'stackMetaLearnerKWargs',
};

const renamed = (map: YamlMap): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(map).flatMap(([key, value]) => (value === null ? [] : [[SPELLED[key] ?? camel(key), value]])),
  );

/** Such a key as a file has it. */
export const automlKey = (wire: string): string =>
  Object.entries(SPELLED).find(([, spelled]) => spelled === wire)?.[0] ?? yamlWord(wire);

/** An AutoML node on the wire: as its file has it, with the defaults of its task; local data are sent on the way. */
export async function automlNode(
  submission: Submission,
  { key: name, data, folder }: PipelineNode,
  outputs: Record<string, unknown> | undefined,
): Promise<Record<string, unknown>> {
  const task = automlTask(data) ?? 'classification';
  const { family, metric } = AUTOML_TASKS[task];
  const {
    compute: _compute,
    inputs: _inputs,
    outputs: _outputs,
    comment: _comment,
    search_space: space,
    ...rest
  } = data;
  const sets: Record<string, unknown> = {};
  for (const key of ['training_data', 'validation_data', 'test_data']) {
    const value = data[key] ?? null;
    if (value === null) continue;
    sets[key] = isBinding(value) ? value.trim() : pythonText(value);
    if (isMap(value)) sets[key] = await setText(submission, value, folder);
  }
  const first = { table: undefined, image: {}, text: { max_trials: 1, max_nodes: 1 } }[family];
  const limits = isMap(data['limits']) ? { ...first, ...data['limits'] } : first;
  const named = optionalText(data, 'compute');
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null)),
    name,
    tags: textMap(data['tags']),
    properties: textMap(data['properties']),
    type: 'automl',
    task,
    ...(named ? { compute: computeReference(submission, named) } : {}),
    ...(outputs ? { outputs } : {}),
    log_verbosity: wordOf(data['log_verbosity'] ?? 'info'),
    primary_metric: wordOf(data['primary_metric'] ?? (metric === undefined ? 'accuracy' : yamlWord(metric))),
    ...sets,
    ...(limits ? { limits } : {}),
    ...(Array.isArray(space) ? { search_space: space.map(searched) } : {}),
  };
}

const wordOf = (value: YamlValue) => pythonText(value).toLowerCase();

function computeReference(submission: Submission, compute: string): string {
  if (compute.includes('${{')) return compute;
  const id = resolveByName(submission.scope, 'computes', compute);
  return id.startsWith('/') ? `azureml:${id}` : id;
}

// The clients send a node's own data as the text of a Python dictionary (recorded).
async function setText(submission: Submission, value: YamlMap, folder: string): Promise<string> {
  if (isBinding(value['path'])) return value['path'].trim();
  const { uri } = await inputToWire(submission.scope, { type: 'mltable', ...value }, folder, 'snake');
  return `{'type': 'mltable', 'path': '${String(uri)}'}`;
}
