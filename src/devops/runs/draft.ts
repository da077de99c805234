import type { TimelineRecordUpdate } from '../../contracts/agent.ts';
import type { LegRef, RunFacts, RunState, Transition } from './state.ts';

/** A copy of the state that a decision may change. */
export type Draft<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? Draft<U>[] : T[K] };

/** One decision at work: what is known, the state as it becomes, what is to be done about it. */
export type Work = {
  readonly facts: RunFacts;
  readonly state: Draft<RunState>;
  readonly out: Transition[];
  readonly at: string;
};

/** Adds a change of a timeline record to what is to be done. */
export function record(work: Work, update: TimelineRecordUpdate): void {
  work.out.push({ kind: 'record', update });
}

/** The time `seconds` after another, both ISO. */
export function later(at: string, seconds: number): string {
  return new Date(Date.parse(at) + seconds * 1000).toISOString();
}

/** How a leg is named to the shell. */
export function refOf(stage: { name: string }, job: { name: string }, leg: { name: string; jobId: string }): LegRef {
  return { stage: stage.name, job: job.name, leg: leg.name, jobId: leg.jobId };
}
