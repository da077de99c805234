import type { TimelineResult } from '../../contracts/agent.ts';
import type { PlanJob } from '../../language/index.ts';
import { type Draft, later, record, refOf, type Work } from './draft.ts';
import { planJob } from './plan-lookup.ts';
import { errorIssue, type JobState, type LegState, type StageState } from './state.ts';

/** The longest that a job may run when it asks for no limit: 30 days on agents, 2 days on the server. */
const LONGEST_MINUTES = { agents: 30 * 24 * 60, server: 2 * 24 * 60 };
const MOST_LEGS = 256;

/** An executor has the leg: its time begins. */
export function startLeg(
  work: Work,
  stage: Draft<StageState>,
  job: Draft<JobState>,
  leg: Draft<LegState>,
  worker?: string,
) {
  const plan = planJob(work.facts, stage.name, job.name);
  const minutes = plan.timeoutInMinutes > 0 ? plan.timeoutInMinutes : LONGEST_MINUTES[plan.pool.kind];
  leg.state = 'running';
  leg.deadline = later(work.at, Math.min(minutes, LONGEST_MINUTES[plan.pool.kind]) * 60);
  record(work, { id: leg.jobId, state: 'inProgress', startTime: work.at, ...(worker ? { workerName: worker } : {}) });
}

/** The leg is over; whoever still works on it has lost its claim. */
export function endLeg(
  work: Work,
  stage: Draft<StageState>,
  job: Draft<JobState>,
  leg: Draft<LegState>,
  result: TimelineResult,
  message?: string,
): void {
  leg.state = 'completed';
  leg.result = result;
  work.out.push({ kind: 'withdraw', leg: refOf(stage, job, leg), result });
  const issues = message && result !== 'succeeded' ? { issues: [errorIssue(message)], errorCount: 1 } : {};
  record(work, { id: leg.jobId, state: 'completed', result, finishTime: work.at, ...issues });
}

/** Asks a leg to stop; one that has not begun ends at once. */
export function cancelLeg(
  work: Work,
  stage: Draft<StageState>,
  job: Draft<JobState>,
  leg: Draft<LegState>,
  message?: string,
): void {
  if (leg.state === 'pending' || leg.state === 'queued') {
    endLeg(work, stage, job, leg, 'canceled', message);
    return;
  }
  if (leg.state !== 'running' || leg.cancelDeadline !== undefined) return;
  // An agent needs a while to stop its processes and send its last lines: never less than a minute (agent source).
  const seconds = Math.max(60, planJob(work.facts, stage.name, job.name).cancelTimeoutInMinutes * 60);
  leg.cancelDeadline = later(work.at, seconds);
  work.out.push({ kind: 'cancel', leg: refOf(stage, job, leg), seconds });
  if (message) record(work, { id: leg.jobId, issues: [errorIssue(message)], errorCount: 1 });
}

/** Looks at the leg's deadlines: told to stop when its time is over, given up when it does not answer to that. */
export function tick(work: Work, stage: Draft<StageState>, job: Draft<JobState>, leg: Draft<LegState>): void {
  if (leg.state !== 'running') return;
  if (leg.cancelDeadline !== undefined) {
    if (leg.cancelDeadline <= work.at)
      endLeg(work, stage, job, leg, 'canceled', 'The job was told to stop and did not answer in time.');
    return;
  }
  if (leg.deadline === undefined || leg.deadline > work.at) return;
  const minutes = planJob(work.facts, stage.name, job.name).timeoutInMinutes;
  const limit = minutes > 0 ? `${minutes} minutes` : 'the longest allowed time';
  cancelLeg(
    work,
    stage,
    job,
    leg,
    `The job ran longer than ${limit}. Raise timeoutInMinutes, or set it to 0 for the longest allowed.`,
  );
}

/** The legs of a job: literal ones, those of a matrix expression, or the one default leg. @throws an error for a matrix that isn't one */
export function legsOf(
  plan: PlanJob,
  evaluate: (text: string) => string,
): { name: string; variables: Record<string, string> }[] {
  if (plan.matrixExpression === undefined)
    return plan.legs.length > 0
      ? plan.legs.map((leg) => ({ name: leg.name, variables: { ...leg.variables } }))
      : [{ name: '__default', variables: {} }];
  const text = evaluate(plan.matrixExpression);
  const matrix: unknown = text.trim() === '' ? {} : JSON.parse(text);
  if (typeof matrix !== 'object' || matrix === null || Array.isArray(matrix))
    throw new Error(`The matrix of job ${plan.name} is not a JSON object of legs but: ${text.slice(0, 200)}`);
  const entries = Object.entries(matrix);
  if (entries.length > MOST_LEGS)
    throw new Error(`The matrix of job ${plan.name} has ${entries.length} legs; at most ${MOST_LEGS} are allowed.`);
  if (entries.length === 0) return [{ name: '__default', variables: {} }];
  return entries.map(([name, values], index) => ({
    // A name that isn't valid is replaced by the leg's position (inferred).
    name: /^[A-Za-z][A-Za-z0-9_]{0,99}$/.test(name) ? name : `Job${index + 1}`,
    variables: Object.fromEntries(Object.entries((values ?? {}) as object).map(([key, value]) => [key, String(value)])),
  }));
}
