import { type Goal, type Judged, judgeTrials } from './early-termination.ts';
import type { SweepRules } from './read-sweep.ts';
import { sampleTrial } from './sampling.ts';
import type { Parameters } from './search-space.ts';

/** A trial as the decision sees it. Times in milliseconds since 1970. */
export type Trial = {
  readonly runId: string;
  readonly parameters: Parameters;
  readonly status: 'active' | 'ending' | 'completed' | 'failed' | 'canceled';
  /** When its command began to run. */
  readonly startedAt?: number;
  /** The primary metric, in the order of logging. */
  readonly history: readonly number[];
};

export type SweepStep = {
  /** Parameters of the trials to be made, the first of them with the number `trials.length`. */
  readonly start: readonly Parameters[];
  /** Trials to be ended, and why. */
  readonly cancel: ReadonlyMap<string, string>;
  /** When to look again if nothing happens. */
  readonly wakeAt?: number;
  readonly end?: SweepEnd;
};

export type SweepEnd =
  | { readonly status: 'Completed'; readonly best?: { readonly runId: string; readonly score: number } }
  | { readonly status: 'Failed'; readonly message: string }
  | { readonly status: 'Canceled'; readonly message?: string };

/** A sweep whose first trials all fail would only fail so often again: a choice of ours, the service's own number is not public. */
const HOPELESS_AFTER = 20;

/**
 * What a sweep does next. Pure: everything is said by the rules, the trials and the time, so it may be asked again after a crash.
 * @param startedAt when the sweep began
 * @param canceled whether the sweep itself was asked to end
 */
export function decideSweep(
  rules: SweepRules,
  trials: readonly Trial[],
  times: { readonly now: number; readonly startedAt: number },
  canceled: boolean,
): SweepStep {
  const active = trials.filter((trial) => trial.status === 'active');
  const underWay = active.length + trials.filter((trial) => trial.status === 'ending').length;
  const sweepEndsAt = times.startedAt + rules.timeoutSeconds * 1000;
  const timedOut = times.now >= sweepEndsAt;
  const completed = trials.filter((trial) => trial.status === 'completed');
  const hopeless =
    completed.length === 0 && trials.filter((trial) => trial.status === 'failed').length >= HOPELESS_AFTER;

  const cancel = new Map<string, string>();
  if (timedOut || hopeless) {
    const reason = timedOut ? `limits.timeout, ${rules.timeoutSeconds} seconds, is over` : 'every trial so far failed';
    for (const trial of active) cancel.set(trial.runId, reason);
  } else if (!canceled) {
    if (rules.earlyTermination)
      for (const [runId, reason] of judgeTrials(rules.earlyTermination, rules.goal, trials.map(judged)))
        cancel.set(runId, reason);
    for (const trial of active)
      if (times.now >= endOfTrial(rules, trial))
        cancel.set(trial.runId, `limits.trial_timeout, ${rules.trialTimeoutSeconds} seconds, is over`);
  }

  const start: Parameters[] = [];
  if (!canceled && !timedOut && !hopeless) {
    const room = Math.min(rules.maxConcurrentTrials - underWay, rules.maxTotalTrials - trials.length);
    const observations = trials.map((trial) => observed(rules.goal, trial));
    for (let made = 0; made < room; made += 1) {
      const parameters = sampleTrial(rules.sampling, rules.space, trials.length + made, observations);
      if (!parameters) break;
      start.push(parameters);
      observations.push({ parameters });
    }
  }
  const over = underWay === 0 && start.length === 0;
  const wakes = [sweepEndsAt, ...active.map((trial) => endOfTrial(rules, trial))].filter((at) => at > times.now);
  const end = over ? endOf(rules, trials, completed, { timedOut, hopeless, canceled }) : undefined;
  return { start, cancel, ...(end ? { end } : {}), ...(wakes.length > 0 ? { wakeAt: Math.min(...wakes) } : {}) };
}

function endOf(
  rules: SweepRules,
  trials: readonly Trial[],
  completed: readonly Trial[],
  why: { timedOut: boolean; hopeless: boolean; canceled: boolean },
): SweepEnd {
  if (why.canceled) return { status: 'Canceled' };
  // Documented: at its time limit the whole sweep is cancelled.
  if (why.timedOut)
    return {
      status: 'Canceled',
      message: `The sweep was cancelled after limits.timeout, ${rules.timeoutSeconds} seconds.`,
    };
  const failed = trials.filter((trial) => trial.status === 'failed').length;
  if (completed.length === 0)
    return failed === 0 && trials.length > 0
      ? { status: 'Canceled', message: 'Every trial was cancelled.' }
      : {
          status: 'Failed',
          message: `No trial of ${trials.length} completed; ${failed} failed${why.hopeless ? ', so no more were tried' : ''}.`,
        };
  const best = bestTrial(rules.goal, completed);
  return { status: 'Completed', ...(best ? { best } : {}) };
}

/** The trial with the best last value among those that completed and logged the metric; of equals, the first. */
function bestTrial(goal: Goal, completed: readonly Trial[]): { runId: string; score: number } | undefined {
  let best: { runId: string; score: number } | undefined;
  for (const trial of completed) {
    const score = trial.history.at(-1);
    if (score === undefined) continue;
    if (best === undefined || (goal === 'maximize' ? score > best.score : score < best.score))
      best = { runId: trial.runId, score };
  }
  return best;
}

function endOfTrial(rules: SweepRules, trial: Trial): number {
  return trial.startedAt === undefined || rules.trialTimeoutSeconds === undefined
    ? Number.POSITIVE_INFINITY
    : trial.startedAt + rules.trialTimeoutSeconds * 1000;
}

function judged({ runId, history, status }: Trial): Judged {
  const canceled = status === 'canceled' || status === 'ending';
  return { runId, history, status: status === 'active' ? 'active' : canceled ? 'canceled' : 'finished' };
}

/** Trials that failed teach nothing; those that go on count as not known yet. */
function observed(goal: Goal, trial: Trial) {
  const last = trial.status === 'completed' ? trial.history.at(-1) : undefined;
  return {
    parameters: trial.parameters,
    ...(last === undefined ? {} : { loss: goal === 'maximize' ? -last : last }),
  };
}
