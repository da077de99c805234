/** A policy that ends trials which do badly. Intervals count loggings of the primary metric (documented). */
export type EarlyTermination = { readonly evaluationInterval: number; readonly delayEvaluation: number } & (
  | { readonly kind: 'bandit'; readonly slackFactor?: number; readonly slackAmount?: number }
  | { readonly kind: 'median_stopping' }
  | { readonly kind: 'truncation_selection'; readonly percentage: number; readonly excludeFinished: boolean }
);

export type Goal = 'maximize' | 'minimize';

/** A trial as a policy sees it. `history`: the primary metric, a value an interval. */
export type Judged = { readonly runId: string; readonly history: readonly number[]; readonly status: JudgedStatus };
export type JudgedStatus = 'active' | 'canceled' | 'finished';

/** @returns why each trial that is to be ended is, by run id */
export function judgeTrials(policy: EarlyTermination, goal: Goal, trials: readonly Judged[]): Map<string, string> {
  const ends = new Map<string, string>();
  for (const trial of trials) {
    if (trial.status !== 'active') continue;
    const interval = lastEvaluation(policy, trial.history.length);
    if (interval === undefined) continue;
    const reason = reasonToEnd(policy, goal, trial, interval, trials);
    if (reason !== undefined) ends.set(trial.runId, `${reason} at interval ${interval}`);
  }
  return ends;
}

/** The last interval at which the policy applies to a trial that logged `count` values: multiples of the evaluation interval from the delay on. */
function lastEvaluation(policy: EarlyTermination, count: number): number | undefined {
  const last = Math.floor(count / policy.evaluationInterval) * policy.evaluationInterval;
  return last > 0 && last >= policy.delayEvaluation ? last : undefined;
}

function reasonToEnd(
  policy: EarlyTermination,
  goal: Goal,
  trial: Judged,
  interval: number,
  trials: readonly Judged[],
): string | undefined {
  // With the sign turned, a greater value is better for either goal.
  const sign = goal === 'maximize' ? 1 : -1;
  const until = (one: Judged) => one.history.slice(0, interval).map((value) => value * sign);
  const bestOf = (one: Judged) => Math.max(...until(one));
  const own = bestOf(trial);
  const shown = (value: number) => String(Number((value * sign).toPrecision(6)));
  switch (policy.kind) {
    case 'bandit': {
      const best = Math.max(...trials.filter((one) => one.history.length > 0).map(bestOf));
      // Documented for maximizing: ended if own + own * slack_factor is below the best. The distance is taken by its size, so that
      // metrics below zero do not end the best trial itself.
      const reference = goal === 'maximize' ? own : best;
      const allowed = policy.slackAmount ?? (policy.slackFactor ?? 0) * Math.abs(reference);
      return best - own > allowed
        ? `bandit: its best, ${shown(own)}, is not within the slack of the best of all, ${shown(best)},`
        : undefined;
    }
    case 'median_stopping': {
      const averages = trials
        .filter((one) => one.history.length >= interval)
        .map((one) => until(one).reduce((sum, value) => sum + value, 0) / interval)
        .sort((a, b) => a - b);
      const middle = averages.length / 2;
      const median =
        averages.length % 2 === 1
          ? (averages[Math.floor(middle)] as number)
          : ((averages[middle - 1] as number) + (averages[middle] as number)) / 2;
      return own < median
        ? `median_stopping: its best, ${shown(own)}, is worse than the median of the averages, ${shown(median)},`
        : undefined;
    }
    case 'truncation_selection': {
      const valueAt = (one: Judged) => (one.history[interval - 1] as number) * sign;
      // Those that the policy ended already stay in the count: otherwise the rest would be cut again and again at one interval.
      const ranked = trials
        .filter((one) => one.history.length >= interval && !(policy.excludeFinished && one.status === 'finished'))
        .sort((a, b) => valueAt(a) - valueAt(b));
      const quota = Math.floor((ranked.length * policy.percentage) / 100);
      const place = ranked.indexOf(trial);
      return place < quota
        ? `truncation_selection: ${shown(valueAt(trial))} is among the worst ${policy.percentage} % of ${ranked.length} trials`
        : undefined;
    }
  }
}
