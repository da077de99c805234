import type { TimelineResult } from '../../contracts/agent.ts';
import type { RunLeg, RunRecord } from '../../language/index.ts';
import type { LoadedRun } from './engine.ts';
import { planJob, planStage } from './plan-lookup.ts';
import { resultName } from './results.ts';
import { hideSecrets } from './secrets.ts';
import type { JobState, StageState } from './state.ts';
import { jobVariables } from './system-variables.ts';
import type { TimelineRecord } from './timeline.ts';

/** What a run knows, level by level, for explaining it; secrets are null. @param records its timeline */
export function runRecord(run: LoadedRun, records: readonly TimelineRecord[]): RunRecord {
  const { facts, state } = run;
  const begun = records.flatMap((record) => (record.type === 'Stage' && record.startTime ? [record.refName] : []));
  return {
    id: run.runId,
    isCanceled: state.state === 'canceling' || state.result === 'canceled',
    system: hideSecrets(facts.system),
    variables: hideSecrets(facts.variables),
    stages: state.stages.map((stage) => ({
      ...progress(stage),
      began: begun.includes(stage.name),
      variables: hideSecrets(stage.variables),
      jobs: stage.jobs.map((job) => ({
        ...progress(job),
        variables: hideSecrets(job.variables),
        legs: legsOf(run, stage, job, records),
      })),
    })),
  };
}

function legsOf(run: LoadedRun, stage: StageState, job: JobState, records: readonly TimelineRecord[]): RunLeg[] {
  const planned = planJob(run.facts, stage.name, job.name);
  return job.legs.map((leg, index) => ({
    ...progress(leg),
    variables: leg.variables,
    system: hideSecrets(jobVariables(planStage(run.facts, stage.name), planned, leg, index + 1, job.legs.length)),
    outputs: hideSecrets(leg.outputs),
    steps: records
      .filter((record) => record.parentId === leg.jobId && record.type === 'Task')
      .map((record) => progress({ ...record, name: record.refName ?? record.name ?? '' })),
  }));
}

function progress(one: {
  readonly name?: string | undefined;
  readonly state?: string | undefined;
  readonly result?: TimelineResult | null | undefined;
}): { name: string; state: string; result?: string } {
  const { name = '', state = 'pending', result } = one;
  return { name, state, ...(result ? { result: resultName(result) } : {}) };
}
