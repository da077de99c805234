import type { TimelineResult } from '../../contracts/agent.ts';
import { messageOf } from '../../kernel/errors.ts';
import { evaluateCondition, evaluateRuntimeExpression } from '../../language/expressions/index.ts';
import type { PlanJob } from '../../language/index.ts';
import {
  evaluateVariables,
  includesName,
  jobContext,
  lookupIn,
  pipelineContext,
  stageContext,
  visibleVariables,
} from './contexts.ts';
import { type Draft, record, refOf, type Work } from './draft.ts';
import { cancelLeg, endLeg, legsOf, startLeg, tick } from './legs.ts';
import { planJob, planStage } from './plan-lookup.ts';
import { identifierOf, recordId } from './record-ids.ts';
import { jobResult, runResult, stageResult } from './results.ts';
import type { RunFacts, RunState, StageState, Transition } from './state.ts';
import { errorIssue, type JobState, type LegState, type RunEvent } from './state.ts';

/**
 * The heart of a run: what an event makes of its state. Pure: time comes in with the event, effects go out as transitions.
 * An event that no longer fits (a late completion, a second cancel) changes nothing.
 */
export function decide(
  facts: RunFacts,
  before: RunState,
  event: RunEvent,
): { state: RunState; transitions: readonly Transition[] } {
  if (before.state === 'completed') return { state: before, transitions: [] };
  const state = structuredClone(before) as Draft<RunState>;
  const work: Work = { facts, state, out: [], at: event.at };
  if (event.kind === 'cancelRequested' && event.force) state.forced = true;
  if (event.kind === 'queued') state.startedAt = event.at;
  apply(work, event);
  settle(work);
  return { state: state as RunState, transitions: work.out };
}

function apply(work: Work, event: RunEvent): void {
  switch (event.kind) {
    case 'queued':
      break;
    case 'jobStarted':
      eachLeg(work, (stage, job, leg) => {
        if (leg.jobId === event.jobId && leg.state === 'queued') startLeg(work, stage, job, leg, event.workerName);
      });
      break;
    case 'jobCompleted':
      eachLeg(work, (stage, job, leg) => {
        if (leg.jobId !== event.jobId || leg.state === 'completed' || leg.state === 'pending') return;
        leg.outputs = event.outputs;
        endLeg(work, stage, job, leg, event.result, event.message);
      });
      break;
    case 'cancelRequested':
      cancel(work, event.stage);
      break;
    case 'tick':
      eachLeg(work, (stage, job, leg) => tick(work, stage, job, leg));
      break;
  }
}

function eachLeg(
  work: Work,
  visit: (stage: Draft<StageState>, job: Draft<JobState>, leg: Draft<LegState>) => void,
): void {
  for (const stage of work.state.stages)
    for (const job of stage.jobs) for (const leg of job.legs) visit(stage, job, leg);
}

/** Asks what runs to stop, unless its condition, read again now that the run is canceled, lets it go on (documented). */
function cancel(work: Work, onlyStage?: string): void {
  if (onlyStage === undefined) work.state.state = 'canceling';
  for (const stage of work.state.stages) {
    if (onlyStage !== undefined && stage.name.toLowerCase() !== onlyStage.toLowerCase()) continue;
    for (const job of stage.jobs) {
      if (job.state !== 'inProgress') continue;
      const goesOn = onlyStage === undefined && !work.state.forced && jobMayRun(work, stage, job).value === true;
      if (goesOn) continue;
      for (const leg of job.legs) cancelLeg(work, stage, job, leg);
    }
    if (onlyStage !== undefined)
      for (const job of stage.jobs) if (job.state === 'pending') endJob(work, stage, job, 'canceled');
  }
}

/** Advances everything that can advance, until nothing changes. Each round completes or starts something, so it ends. */
function settle(work: Work): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (const stage of work.state.stages) {
      if (stage.state === 'pending' && beginStage(work, stage)) changed = true;
      if (stage.state === 'inProgress' && advanceStage(work, stage)) changed = true;
    }
  }
  if (work.state.stages.some((stage) => stage.state !== 'completed')) return;
  const result = runResult(
    work.state.stages.map((stage) => stage.result ?? 'skipped'),
    work.state.state === 'canceling',
  );
  work.state.state = 'completed';
  work.state.result = result;
  work.state.finishedAt = work.at;
  work.out.push({ kind: 'completed', result });
}

function beginStage(work: Work, stage: Draft<StageState>): boolean {
  const plan = planStage(work.facts, stage.name);
  const waits = work.state.stages.some(
    (other) => includesName(plan.dependsOn, other.name) && other.state !== 'completed',
  );
  if (waits) return false;
  const context = stageContext(work.state.stages as readonly StageState[], plan.dependsOn);
  const verdict = attempt(() => {
    if (!conditionHolds(work, plan.condition, 'stage', context, visibleVariables(work.facts))) return false;
    stage.variables = evaluateVariables(
      plan.variables,
      visibleVariables(work.facts),
      { ...context, pipeline: pipelineContext(work.facts.system) },
      work.facts.groups,
    );
    return true;
  });
  if (verdict.value !== true) {
    for (const job of stage.jobs) endJob(work, stage, job, 'skipped');
    endStage(work, stage, verdict.error === undefined ? 'skipped' : 'abandoned', verdict.error);
    return true;
  }
  stage.state = 'inProgress';
  record(work, { id: stageId(stage), state: 'inProgress', startTime: work.at });
  return true;
}

function advanceStage(work: Work, stage: Draft<StageState>): boolean {
  let changed = false;
  for (const job of stage.jobs) {
    if (job.state === 'pending' && beginJob(work, stage, job)) changed = true;
    if (job.state === 'inProgress' && advanceJob(work, stage, job)) changed = true;
  }
  if (stage.jobs.every((job) => job.state === 'completed')) {
    endStage(work, stage, stageResult(stage.jobs.map((job) => job.result ?? 'skipped')));
    changed = true;
  }
  return changed;
}

function jobMayRun(work: Work, stage: Draft<StageState>, job: Draft<JobState>): { value?: boolean; error?: string } {
  const plan = planJob(work.facts, stage.name, job.name);
  const context = contextOfJob(work, stage, plan);
  return attempt(() =>
    conditionHolds(work, plan.condition, 'job', context, visibleVariables(work.facts, stage as StageState)),
  );
}

function beginJob(work: Work, stage: Draft<StageState>, job: Draft<JobState>): boolean {
  const plan = planJob(work.facts, stage.name, job.name);
  if (stage.jobs.some((other) => includesName(plan.dependsOn, other.name) && other.state !== 'completed')) return false;
  const may = jobMayRun(work, stage, job);
  if (may.value !== true) {
    endJob(work, stage, job, may.error === undefined ? 'skipped' : 'abandoned', may.error);
    return true;
  }
  const made = attempt(() => {
    const context = contextOfJob(work, stage, plan);
    const visible = visibleVariables(work.facts, stage as StageState);
    job.variables = evaluateVariables(plan.variables, visible, context, work.facts.groups);
    return legsOf(plan, (text) =>
      evaluateRuntimeExpression(text, {
        ...context,
        variables: lookupIn({ ...visible, ...job.variables }),
      }),
    );
  });
  if (made.value === undefined) {
    endJob(work, stage, job, 'failed', made.error);
    return true;
  }
  job.state = 'inProgress';
  record(work, { id: phaseId(stage, job), state: 'inProgress', startTime: work.at });
  job.legs = made.value.map((leg, index) => {
    const jobId = recordId(identifierOf(stage.name, job.name, leg.name));
    const display = plan.displayName || plan.name;
    record(work, {
      id: jobId,
      parentId: phaseId(stage, job),
      type: 'Job',
      name: leg.name === '__default' ? display : `${display} ${leg.name}`,
      refName: leg.name === '__default' ? plan.name : `${plan.name}.${leg.name}`,
      order: index + 1,
      state: 'pending',
    });
    return { name: leg.name, jobId, state: 'pending' as const, variables: leg.variables, outputs: {} };
  });
  return true;
}

function advanceJob(work: Work, stage: Draft<StageState>, job: Draft<JobState>): boolean {
  const plan = planJob(work.facts, stage.name, job.name);
  const limit = plan.maxParallel && plan.maxParallel > 0 ? plan.maxParallel : Number.POSITIVE_INFINITY;
  let changed = false;
  for (const leg of job.legs) {
    if (leg.state !== 'pending') continue;
    if (job.legs.filter((other) => other.state === 'queued' || other.state === 'running').length >= limit) break;
    leg.state = 'queued';
    work.out.push({ kind: 'start', leg: refOf(stage, job, leg) });
    changed = true;
  }
  if (job.legs.every((leg) => leg.state === 'completed')) {
    const result = jobResult(job.legs.map((leg) => leg.result ?? 'succeeded'));
    // Those who depend on a job that may fail go on as if it had succeeded (documented).
    endJob(work, stage, job, result === 'failed' && plan.continueOnError ? 'succeededWithIssues' : result);
    changed = true;
  }
  return changed;
}

function endJob(
  work: Work,
  stage: Draft<StageState>,
  job: Draft<JobState>,
  result: TimelineResult,
  message?: string,
): void {
  job.state = 'completed';
  job.result = result;
  const issues = message ? { issues: [errorIssue(message)], errorCount: 1 } : {};
  record(work, { id: phaseId(stage, job), state: 'completed', result, finishTime: work.at, ...issues });
}

function endStage(work: Work, stage: Draft<StageState>, result: TimelineResult, message?: string): void {
  stage.state = 'completed';
  stage.result = result;
  const issues = message ? { issues: [errorIssue(message)], errorCount: 1 } : {};
  record(work, { id: stageId(stage), state: 'completed', result, finishTime: work.at, ...issues });
}

function conditionHolds(
  work: Work,
  condition: string,
  level: 'stage' | 'job',
  context: ReturnType<typeof stageContext>,
  variables: RunFacts['variables'],
): boolean {
  if (work.state.forced) return false;
  const canceled = work.state.state === 'canceling';
  const { dependencies = {}, stageDependencies = {} } = context;
  return evaluateCondition(condition, {
    level,
    canceled,
    variables: lookupIn(variables),
    dependencies,
    stageDependencies,
    pipeline: pipelineContext(work.facts.system),
  }).value;
}

function attempt<T>(work: () => T): { value?: T; error?: string } {
  try {
    return { value: work() };
  } catch (error) {
    return { error: messageOf(error) };
  }
}

function contextOfJob(work: Work, stage: Draft<StageState>, plan: PlanJob) {
  const context = jobContext(
    work.state.stages as readonly StageState[],
    stage as StageState,
    planStage(work.facts, stage.name).dependsOn,
    plan.dependsOn,
  );
  return { ...context, pipeline: pipelineContext(work.facts.system) };
}

const stageId = (stage: { name: string }) => recordId(identifierOf(stage.name));
const phaseId = (stage: { name: string }, job: { name: string }) => recordId(identifierOf(stage.name, job.name));
