import { checkRequired, type Problems } from '../load/fields.ts';
import {
  any,
  checkShape,
  flag,
  listOf,
  mapOf,
  number,
  oneOf,
  type Shape,
  shaped,
  text,
  texts,
  whole,
  word,
} from '../load/shape.ts';
import { isMap, pythonText, type YamlMap } from '../load/yaml-value.ts';
import { AUTOML_TASKS, type AutomlTask, WIRE_WORDS } from './automl-words.ts';
import { ANY_JOB, DATA } from './keys.ts';
import { SWEEP } from './sweep-definition.ts';

// What an AutoML job and node hold, by the family of their task (documented schemas).

const words = (key: keyof typeof WIRE_WORDS) => word(...WIRE_WORDS[key]);
const sweep = shaped({
  sampling_algorithm: SWEEP['sampling_algorithm'] ?? any,
  early_termination: SWEEP['early_termination'] ?? any,
});

const TABLE: Shape = {
  'target_column_name!': text,
  validation_data_size: number,
  test_data: oneOf(DATA, text),
  test_data_size: number,
  cv_split_column_names: listOf(text),
  n_cross_validations: oneOf(word('auto'), whole),
  weight_column_name: text,
  limits: shaped({
    enable_early_termination: flag,
    exit_score: number,
    max_concurrent_trials: whole,
    max_cores_per_trial: whole,
    max_nodes: whole,
    max_trials: whole,
    timeout_minutes: whole,
    trial_timeout_minutes: whole,
  }),
  featurization: shaped({
    mode: word('auto', 'off', 'custom'),
    dataset_language: text,
    blocked_transformers: listOf(words('blocked_transformers')),
    column_name_and_types: texts,
    transformer_params: mapOf(listOf(shaped({ fields: listOf(text), parameters: mapOf(any) }))),
    enable_dnn_featurization: flag,
  }),
  training: shaped({
    enable_dnn_training: flag,
    enable_model_explainability: flag,
    enable_onnx_compatible_models: flag,
    enable_stack_ensemble: flag,
    enable_vote_ensemble: flag,
    ensemble_model_download_timeout_minutes: whole,
    stack_ensemble_settings: shaped({
      stack_meta_learner_kwargs: mapOf(any),
      stack_meta_learner_train_percentage: number,
      stack_meta_learner_type: words('stack_meta_learner_type'),
    }),
    training_mode: words('training_mode'),
    allowed_training_algorithms: listOf(words('training_algorithms')),
    blocked_training_algorithms: listOf(words('training_algorithms')),
  }),
};

const FORECASTING: Shape = {
  forecasting: shaped({
    country_or_region_for_holidays: text,
    cv_step_size: whole,
    forecast_horizon: oneOf(word('auto'), whole),
    target_lags: oneOf(word('auto'), whole, listOf(whole)),
    target_rolling_window_size: oneOf(word('auto'), whole),
    time_column_name: text,
    time_series_id_column_names: oneOf(text, listOf(text)),
    frequency: text,
    feature_lags: word('none', 'auto'),
    seasonality: oneOf(word('auto'), whole),
    short_series_handling_config: word('none', 'auto', 'pad', 'drop'),
    use_stl: word('none', 'season', 'season_trend'),
    target_aggregate_function: word('none', 'sum', 'max', 'min', 'mean'),
    features_unknown_at_forecast_time: oneOf(text, listOf(text)),
  }),
};

// Models and their parameters are many and go by the model: their names are the service's to judge.
const SEARCHED: Shape = { sweep, search_space: listOf(mapOf(any)), training_parameters: mapOf(any) };

const IMAGE: Shape = {
  ...SEARCHED,
  'target_column_name!': text,
  validation_data_size: number,
  test_data: oneOf(DATA, text),
  test_data_size: number,
  limits: shaped({ max_concurrent_trials: whole, max_trials: whole, timeout_minutes: whole }),
};

const TEXT: Shape = {
  ...SEARCHED,
  target_column_name: text,
  featurization: shaped({ dataset_language: text }),
  limits: shaped({
    max_concurrent_trials: whole,
    max_trials: whole,
    max_nodes: whole,
    timeout_minutes: whole,
    trial_timeout_minutes: whole,
  }),
};

function shapeOf(task: AutomlTask): Shape {
  const { family, metrics } = AUTOML_TASKS[task];
  const own = family === 'table' ? TABLE : family === 'image' ? IMAGE : TEXT;
  return {
    ...ANY_JOB,
    ...own,
    ...(task === 'classification' ? { positive_label: text } : {}),
    ...(task === 'forecasting' ? FORECASTING : {}),
    'task!': text,
    primary_metric: word(...metrics),
    log_verbosity: words('log_verbosity'),
    'training_data!': oneOf(DATA, text),
    validation_data: oneOf(DATA, text),
    environment_id: text,
    environment_variables: texts,
    comment: text,
  };
}

/** The task of an AutoML job or node; undefined where it has none that is known. */
export function automlTask(job: YamlMap): AutomlTask | undefined {
  const task = pythonText(job['task'] ?? '').toLowerCase();
  return Object.hasOwn(AUTOML_TASKS, task) ? (task as AutomlTask) : undefined;
}

/**
 * Checks an AutoML job or node.
 * @param path the dotted path of a node; empty for a job, whose data are its own and which refuses keys that it does not know
 */
export function checkAutoml(job: YamlMap, path: string, problems: Problems): void {
  const at = (key: string) => (path ? `${path}.${key}` : key);
  const task = automlTask(job);
  if (task === undefined) {
    checkRequired(job, ['task'], path, problems);
    if ((job['task'] ?? null) === null) return;
    const known = Object.keys(AUTOML_TASKS).join(', ');
    problems.add(at('task'), `Must be one of: ${known}.`, { map: job, key: 'task' }, job['task']);
    return;
  }
  checkShape(job, shapeOf(task), path, problems, path ? 'remarked' : 'refused');
  if (path) return;
  for (const key of ['training_data', 'validation_data', 'test_data']) {
    const value = job[key];
    if (value === undefined || value === null || isMap(value)) continue;
    problems.add(key, 'Must be a mapping with the path of an mltable.', { map: job, key }, value);
  }
}
