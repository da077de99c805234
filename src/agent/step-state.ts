import type { Issue, JobStep, TimelineResult, VariableValue } from '../contracts/agent.ts';
import type { Masker } from './masking.ts';
import { mergeResults } from './results.ts';
import type { StepOutput } from './step-output.ts';
import type { Uploads } from './uploads.ts';

/** Issues of one kind that a record keeps (documented); the counts go on. */
const mostIssues = 10;

/** What a running step has come to. */
export type StepState = {
  readonly step: Pick<JobStep, 'id' | 'name' | 'named'>;
  readonly output: StepOutput;
  /** What `task.complete` and failed commands said; undefined when nothing did. */
  result(): TimelineResult | undefined;
  merge(result: TimelineResult): void;
  addIssue(issue: Issue): void;
  /** Counts and issues as the record shows them. */
  issues(): { readonly errorCount: number; readonly warningCount: number; readonly issues: readonly Issue[] };
  setOutput(name: string, value: string, secret: boolean): void;
  readonly outputs: ReadonlyMap<string, VariableValue>;
  readonly taskVariables: Map<string, string>;
  later(work: () => Promise<void>): void;
  /** Waits for what commands left to be done. @returns what failed of it, in the order of the commands */
  settle(): Promise<readonly unknown[]>;
  /** Forgets the result before another try. */
  reset(): void;
};

/** Makes the state of a step that begins. */
export function createStepState(
  step: Pick<JobStep, 'id' | 'name' | 'named'>,
  output: StepOutput,
  masker: Masker,
  uploads: Uploads,
): StepState {
  let result: TimelineResult | undefined;
  let pending: Promise<void>[] = [];
  const kept: Issue[] = [];
  const counts = { error: 0, warning: 0 };
  const outputs = new Map<string, VariableValue>();
  return {
    step,
    output,
    result: () => result,
    merge(next) {
      result = mergeResults(result, next);
    },
    addIssue(issue) {
      counts[issue.type] += 1;
      if (kept.filter((one) => one.type === issue.type).length >= mostIssues) return;
      kept.push({
        ...issue,
        message: masker.mask(issue.message),
        data: { ...issue.data, logFileLineNumber: String(output.lineCount()) },
      });
    },
    issues: () => ({ errorCount: counts.error, warningCount: counts.warning, issues: kept }),
    setOutput(name, value, secret) {
      outputs.set(name, { value, isSecret: secret });
      uploads.record({
        id: step.id,
        variables: Object.fromEntries(
          // The record is for showing; what later jobs get is what the job's completion says.
          [...outputs].map(([key, one]) => [
            key,
            { value: one.isSecret ? one.value : masker.mask(one.value), isSecret: one.isSecret ?? false },
          ]),
        ),
      });
    },
    outputs,
    taskVariables: new Map(),
    later(work) {
      const started = work();
      // Looked at when the step ends; until then a failure is not "unhandled".
      started.catch(() => {});
      pending.push(started);
    },
    async settle() {
      const all = pending;
      pending = [];
      const ends = await Promise.allSettled(all);
      return ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
    },
    reset() {
      result = undefined;
    },
  };
}
