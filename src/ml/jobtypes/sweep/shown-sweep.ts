import type { CommandWork } from '../../jobs/plan.ts';
import { shownResources } from '../../jobs/shown-resources.ts';
import type { Json } from '../../wire-fields.ts';
import type { EarlyTermination } from './early-termination.ts';
import type { SweepRules } from './read-sweep.ts';
import type { Sampling } from './sampling.ts';
import type { ChoiceValue, Distribution } from './search-space.ts';

/** A sweep's rules in the words of a job's body (public specification): clients read a node of a pipeline as a job by them. */
export function shownSweep(rules: SweepRules, trial: CommandWork): Json {
  return {
    trial: {
      command: trial.command,
      ...(trial.codeId === undefined ? {} : { codeId: trial.codeId }),
      environmentId: trial.environment,
      environmentVariables: trial.environmentVariables,
      distribution: null,
      resources: shownResources(trial),
    },
    searchSpace: Object.fromEntries(Object.entries(rules.space).map(([name, one]) => [name, shownDistribution(one)])),
    samplingAlgorithm: shownSampling(rules.sampling),
    objective: { goal: rules.goal === 'maximize' ? 'Maximize' : 'Minimize', primaryMetric: rules.primaryMetric },
    limits: {
      jobLimitsType: 'Sweep',
      maxTotalTrials: rules.maxTotalTrials,
      maxConcurrentTrials: rules.maxConcurrentTrials,
      timeout: `PT${rules.timeoutSeconds}S`,
      trialTimeout: rules.trialTimeoutSeconds === undefined ? null : `PT${rules.trialTimeoutSeconds}S`,
    },
    earlyTermination: rules.earlyTermination ? shownPolicy(rules.earlyTermination) : null,
  };
}

function shownDistribution(one: Distribution): [string, unknown[]] {
  switch (one.kind) {
    case 'choice':
      return ['choice', [one.values.map(shownChoice)]];
    case 'randint':
      return ['randint', [one.upper]];
    case 'uniform':
    case 'loguniform':
      return [one.kind, [one.min, one.max]];
    case 'quniform':
    case 'qloguniform':
      return [one.kind, [one.min, one.max, one.q]];
    case 'normal':
    case 'lognormal':
      return [one.kind, [one.mu, one.sigma]];
    case 'qnormal':
    case 'qlognormal':
      return [one.kind, [one.mu, one.sigma, one.q]];
  }
}

function shownChoice(value: ChoiceValue): unknown {
  if (value.kind === 'value') return value.value;
  return Object.fromEntries(
    Object.entries(value.fields).map(([name, field]) => [
      name,
      'fixed' in field ? field.fixed : shownDistribution(field),
    ]),
  );
}

function shownSampling(sampling: Sampling): Json {
  switch (sampling.kind) {
    case 'grid':
      return { samplingAlgorithmType: 'Grid' };
    case 'bayesian':
      return { samplingAlgorithmType: 'Bayesian' };
    case 'random':
      return {
        samplingAlgorithmType: 'Random',
        rule: sampling.rule === 'sobol' ? 'Sobol' : 'Random',
        seed: sampling.seed,
        ...(sampling.logbase === undefined ? {} : { logbase: String(sampling.logbase) }),
      };
  }
}

function shownPolicy({ evaluationInterval, delayEvaluation, ...policy }: EarlyTermination): Json {
  const common = { evaluationInterval, delayEvaluation };
  switch (policy.kind) {
    case 'bandit':
      return {
        policyType: 'Bandit',
        ...common,
        slackFactor: policy.slackFactor ?? 0,
        slackAmount: policy.slackAmount ?? 0,
      };
    case 'median_stopping':
      return { policyType: 'MedianStopping', ...common };
    case 'truncation_selection':
      return { policyType: 'TruncationSelection', ...common, truncationPercentage: policy.percentage };
  }
}
