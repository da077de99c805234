import { invalid } from '../../../kernel/errors.ts';
import {
  countField,
  fieldOf,
  flagField,
  isObject,
  type Json,
  objectField,
  secondsField,
  textField,
} from '../../wire-fields.ts';
import type { EarlyTermination, Goal } from './early-termination.ts';
import { gridSize, type Sampling } from './sampling.ts';
import { readSearchSpace, type SearchSpace } from './search-space.ts';

/** What a sweep is to do. Durations in seconds. */
export type SweepRules = {
  readonly space: SearchSpace;
  readonly sampling: Sampling;
  readonly primaryMetric: string;
  readonly goal: Goal;
  readonly maxTotalTrials: number;
  readonly maxConcurrentTrials: number;
  readonly timeoutSeconds: number;
  readonly trialTimeoutSeconds?: number;
  readonly earlyTermination?: EarlyTermination;
};

/** Documented: 1 to 1000 trials, and 1000 when nothing is said; 60 days for the whole sweep. */
const TRIAL_LIMIT = 1000;
const SWEEP_SECONDS = 5_184_000;

const bad = (message: string, target: string) => invalid(message, { target, wire: 'UserError' });

/**
 * Reads the rules of a sweep from a job's body or a pipeline's node.
 * @param seed for random choices that the body gives no seed for
 * @throws invalid for what the service's schema refuses, and for a sampling that its search space or policy does not go with
 */
export function readSweep(body: Json, seed: number): SweepRules {
  const space = readSearchSpace(objectField(body, 'searchSpace'));
  const objective = objectField(body, 'objective');
  const primaryMetric = textField(objective, 'primaryMetric');
  const goal = textField(objective, 'goal')?.toLowerCase();
  if (primaryMetric === undefined || primaryMetric === '')
    throw bad('A sweep job needs objective.primary_metric, the name of the metric that its trials log.', 'objective');
  if (goal !== 'maximize' && goal !== 'minimize')
    throw bad(`objective.goal must be maximize or minimize, not '${goal ?? ''}'.`, 'objective');
  const limits = objectField(body, 'limits');
  const maxTotalTrials = countField(limits, 'maxTotalTrials') ?? TRIAL_LIMIT;
  if (maxTotalTrials < 1 || maxTotalTrials > TRIAL_LIMIT)
    throw bad(`limits.max_total_trials must be 1 to ${TRIAL_LIMIT}.`, 'limits.max_total_trials');
  const maxConcurrentTrials = countField(limits, 'maxConcurrentTrials') ?? maxTotalTrials;
  if (maxConcurrentTrials < 1 || maxConcurrentTrials > TRIAL_LIMIT)
    throw bad(`limits.max_concurrent_trials must be 1 to ${TRIAL_LIMIT}.`, 'limits.max_concurrent_trials');
  const trialTimeoutSeconds = secondsField(limits, 'trialTimeout');
  const sampling = readSampling(body, space, seed);
  const earlyTermination = readEarlyTermination(body);
  if (sampling.kind === 'bayesian' && earlyTermination)
    throw bad('Bayesian sampling does not go with early termination. Leave one of them out.', 'early_termination');
  return {
    space,
    sampling,
    primaryMetric,
    goal,
    maxTotalTrials: sampling.kind === 'grid' ? Math.min(maxTotalTrials, gridSize(space)) : maxTotalTrials,
    maxConcurrentTrials,
    timeoutSeconds: secondsField(limits, 'timeout') || SWEEP_SECONDS,
    ...(trialTimeoutSeconds ? { trialTimeoutSeconds } : {}),
    ...(earlyTermination ? { earlyTermination } : {}),
  };
}

function readSampling(body: Json, space: SearchSpace, fallback: number): Sampling {
  const given = fieldOf(body, 'samplingAlgorithm');
  const raw: Json = isObject(given) ? given : { type: given };
  const type = (textField(raw, 'samplingAlgorithmType') ?? textField(raw, 'type') ?? 'random').toLowerCase();
  const seed = countField(raw, 'seed') ?? fallback;
  const refuse = (allowed: readonly string[]) => {
    for (const [name, distribution] of Object.entries(space))
      if (
        !allowed.includes(distribution.kind) ||
        (distribution.kind === 'choice' && distribution.values.some((one) => one.kind === 'nested'))
      )
        throw bad(
          `${type} sampling takes ${allowed.join(', ')} with plain values; the search space's '${name}' is a ${distribution.kind}${distribution.kind === 'choice' ? ' of nested values' : ''}. Use random sampling, or another distribution.`,
          `search_space.${name}`,
        );
  };
  if (type === 'grid') {
    refuse(['choice']);
    return { kind: 'grid' };
  }
  if (type === 'bayesian') {
    refuse(['choice', 'uniform', 'quniform']);
    return { kind: 'bayesian', seed };
  }
  if (type !== 'random')
    throw bad(`The sampling algorithm '${type}' is not known. Known: random, grid, bayesian.`, 'sampling_algorithm');
  const rule = (textField(raw, 'rule') ?? 'random').toLowerCase();
  if (rule !== 'random' && rule !== 'sobol')
    throw bad(`The rule of random sampling is random or sobol, not '${rule}'.`, 'sampling_algorithm.rule');
  const base = textField(raw, 'logbase');
  const logbase = base === undefined || base.toLowerCase() === 'e' ? undefined : Number(base);
  if (logbase !== undefined && !(logbase > 0))
    throw bad(`logbase must be a number above 0, or e, not '${base}'.`, 'sampling_algorithm.logbase');
  return { kind: 'random', rule, seed, ...(logbase === undefined ? {} : { logbase }) };
}

function readEarlyTermination(body: Json): EarlyTermination | undefined {
  const raw = objectField(body, 'earlyTermination');
  const type = (textField(raw, 'policyType') ?? textField(raw, 'type'))?.replaceAll('_', '').toLowerCase();
  if (type === undefined || type === 'default' || type === 'none') return undefined;
  const common = {
    // 0 is what clients send for "not said"; the documented default is 1.
    evaluationInterval: Math.max(1, countField(raw, 'evaluationInterval') ?? 1),
    delayEvaluation: Math.max(0, countField(raw, 'delayEvaluation') ?? 0),
  };
  if (type === 'medianstopping') return { kind: 'median_stopping', ...common };
  if (type === 'truncationselection') {
    const percentage = countField(raw, 'truncationPercentage') ?? 0;
    if (percentage < 1 || percentage > 99)
      throw bad('early_termination.truncation_percentage must be 1 to 99.', 'early_termination');
    return {
      kind: 'truncation_selection',
      percentage,
      excludeFinished: flagField(raw, 'excludeFinishedJobs') ?? false,
      ...common,
    };
  }
  if (type !== 'bandit')
    throw bad(
      `The early termination '${textField(raw, 'policyType') ?? type}' is not known. Known: bandit, median_stopping, truncation_selection.`,
      'early_termination',
    );
  const number = (name: string) => {
    const text = textField(raw, name);
    const value = Number(text);
    if (text !== undefined && !(value >= 0))
      throw bad(`early_termination.${name} must be a number of at least 0.`, 'early_termination');
    return text === undefined ? 0 : value;
  };
  // Both are there as 0 where a client left one out.
  const [slackFactor, slackAmount] = [number('slackFactor'), number('slackAmount')];
  if (slackFactor > 0 && slackAmount > 0)
    throw bad('A bandit policy has slack_factor or slack_amount, not both.', 'early_termination');
  return { kind: 'bandit', ...(slackAmount > 0 ? { slackAmount } : { slackFactor }), ...common };
}
