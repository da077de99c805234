import { compact, filled, type Wire, wireOf } from '../entity.ts';
import { automlKey } from './automl-job.ts';
import { yamlWord } from './automl-words.ts';
import { durationSeconds } from './duration.ts';
import { shortOf, textOf } from './entity-parts.ts';
import { DISTRIBUTION_MEMBERS } from './sweep-definition.ts';
import { modeWord, snake } from './wire-words.ts';

/** What an AutoML job is to find, as a shown job has it: in the words of its YAML (recorded). */
export function automlEntity(properties: Wire): Wire {
  const details = wireOf(properties['taskDetails']) ?? {};
  const type = String(details['taskType'] ?? '');
  const isTable = /^(classification|regression|forecasting)$/i.test(type);
  const training = filled(membersOf(details['trainingSettings']));
  return {
    environment_id: properties['environmentId'],
    // Unlike a command job's, without properties that are empty (recorded).
    resources: resourcesOf(properties['resources']),
    environment: undefined,
    task: yamlWord(type),
    log_verbosity: wordOf(details['logVerbosity']),
    // The clients' own of the tasks whose metric is not sent.
    primary_metric: wordOf(details['primaryMetric']) ?? (type === '' ? undefined : 'accuracy'),
    target_column_name: details['targetColumnName'],
    positive_label: details['positiveLabel'],
    weight_column_name: details['weightColumnName'],
    cv_split_column_names: details['cvSplitColumnNames'],
    n_cross_validations: automaticOf(details['nCrossValidations']),
    training_data: dataOf(details['trainingData']),
    validation_data: dataOf(details['validationData']),
    validation_data_size: details['validationDataSize'],
    test_data: dataOf(details['testData']),
    test_data_size: details['testDataSize'],
    featurization: filled(featurizationOf(details['featurizationSettings'])),
    limits: details['limitSettings'] ? limitsOf(details['limitSettings']) : undefined,
    training: training ?? (isTable ? {} : undefined),
    forecasting: filled(forecastingOf(details['forecastingSettings'])),
    training_parameters: filled(membersOf(details['modelSettings'] ?? details['fixedParameters'])),
    sweep: sweepOf(details['sweepSettings']),
    search_space: Array.isArray(details['searchSpace']) ? details['searchSpace'].map(spaceOf) : undefined,
  };
}

/** An AutoML node as its pipeline is shown: as it was sent (recorded). */
export function automlNodeEntity(node: Wire): Wire {
  const { compute, ...rest } = node;
  const shown = Object.entries(rest).filter(([, value]) => !wireOf(value) || filled(value) !== undefined);
  return compact({ ...Object.fromEntries(shown), compute: shortOf(compute) });
}

function resourcesOf(value: unknown): Wire | undefined {
  const wire = wireOf(value);
  return wire && Object.fromEntries(Object.entries(compact(wire)).map(([key, member]) => [snake(key), member]));
}

const wordOf = (value: unknown): string | undefined => {
  const word = textOf(value);
  return word === undefined ? undefined : yamlWord(word);
};

function dataOf(value: unknown): Wire | undefined {
  const wire = wireOf(value);
  if (!wire) return undefined;
  const mode = textOf(wire['mode']);
  return compact({ type: wire['jobInputType'], path: wire['uri'], mode: mode && modeWord(mode) });
}

/** `{mode: Custom, value: 3}` as `3`, `{mode: Auto}` as `auto`. */
function automaticOf(value: unknown): unknown {
  const wire = wireOf(value);
  if (!wire) return value ?? undefined;
  return wire['mode'] === 'Auto' ? 'auto' : (wire['value'] ?? wire['values']);
}

// Members by their files' keys; the service's words, as files have them.
function membersOf(value: unknown): Wire {
  const entries = Object.entries(compact(wireOf(value) ?? {}));
  return Object.fromEntries(
    entries.map(([key, member]) => {
      if (key === 'ensembleModelDownloadTimeout') return [`${automlKey(key)}_minutes`, minutesOf(member)];
      if (key === 'stackEnsembleSettings') return [automlKey(key), membersOf(member)];
      if (/Algorithms$/.test(key) && Array.isArray(member)) return [automlKey(key), member.map(wordOf)];
      const isWord =
        /^(trainingMode|learningRateScheduler|optimizer|modelSize|validationMetricType|stackMetaLearnerType)$/;
      return [automlKey(key), isWord.test(key) ? wordOf(member) : member];
    }),
  );
}

const minutesOf = (value: unknown): number => (durationSeconds(String(value)) ?? 0) / 60;

function featurizationOf(value: unknown): Wire {
  const { transformerParams, blockedTransformers, ...rest } = wireOf(value) ?? {};
  const parameters = Object.entries(wireOf(transformerParams) ?? {});
  return compact({
    ...membersOf(rest),
    blocked_transformers: Array.isArray(blockedTransformers) ? blockedTransformers.map(wordOf) : undefined,
    transformer_params: filled(Object.fromEntries(parameters.map(([name, all]) => [yamlWord(name), all]))),
  });
}

// The service's own counts of sweeps are not shown.
function limitsOf(value: unknown): Wire {
  const entries = Object.entries(compact(wireOf(value) ?? {}));
  return Object.fromEntries(
    entries.flatMap(([key, member]): [string, unknown][] => {
      if (key === 'sweepTrials' || key === 'sweepConcurrentTrials') return [];
      return /timeout$/i.test(key) ? [[`${snake(key)}_minutes`, minutesOf(member)]] : [[snake(key), member]];
    }),
  );
}

function forecastingOf(value: unknown): Wire {
  const entries = Object.entries(compact(wireOf(value) ?? {}));
  return Object.fromEntries(entries.map(([key, member]) => [snake(key), automaticOf(member)]));
}

function sweepOf(value: unknown): Wire | undefined {
  const wire = wireOf(value);
  if (!wire) return undefined;
  const { policyType, ...policy } = wireOf(wire['earlyTermination']) ?? {};
  const rules = Object.entries(compact(policy)).map(([key, member]) => [snake(key), member]);
  return compact({
    sampling_algorithm: textOf(wire['samplingAlgorithm'])?.toLowerCase(),
    early_termination: policyType ? { type: yamlWord(String(policyType)), ...Object.fromEntries(rules) } : undefined,
  });
}

function spaceOf(space: unknown): Wire {
  const entries = Object.entries(compact(wireOf(space) ?? {}));
  return Object.fromEntries(entries.map(([key, value]) => [automlKey(key), distributionOf(String(value))]));
}

/** `choice('small','medium')` as `{type: choice, values: [small, medium]}`; what is no distribution is a value. */
function distributionOf(text: string): unknown {
  const [, type = '', inner = ''] = /^\s*(\w+)\((.*)\)\s*$/.exec(text) ?? [];
  const members = DISTRIBUTION_MEMBERS[type];
  if (!members) return plainValue(text);
  const values = inner.split(',').map(plainValue);
  if (type === 'choice') return { type, values };
  return { type, ...Object.fromEntries(members.map((name, at) => [name, values[at]])) };
}

function plainValue(text: string): unknown {
  const plain = text.trim();
  if (/^(True|False)$/.test(plain)) return plain === 'True';
  if (plain !== '' && Number.isFinite(Number(plain))) return Number(plain);
  return plain.replace(/^['"]+|['"]+$/g, '');
}
