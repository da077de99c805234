import type { StatusHost } from '../expressions/functions/function.ts';
import { notKnown } from './expression-tree.ts';
import { legOf, type Part } from './find-part.ts';
import { named, type RunRecord } from './run-record.ts';

/** Whose dependencies are seen. */
export type Asker = 'stage' | 'job' | 'step';

/** What the status functions ask, as far as it is known. */
export function statusOf(part: Part, level: Asker, run: RunRecord | undefined): StatusHost {
  if (level === 'step') return stepStatus(part, run);
  const dependsOn = (level === 'stage' ? part.stage.dependsOn : part.job?.dependsOn) ?? [];
  const peers = peersOf(part, level, run);
  return {
    level,
    canceled: wasCanceled(part, run),
    results(names) {
      if (names.some((name) => !dependsOn.some((one) => one.toLowerCase() === name.toLowerCase()))) return undefined;
      const asked = names.length === 0 ? dependsOn : names;
      if (!run && asked.length > 0) notKnown(`known when ${listed(asked)} ended`);
      return asked.map((name) => {
        const found = named(peers, name);
        if (found && found.state !== 'completed') notKnown(`${name} has not ended yet`);
        return found?.result ?? 'Skipped';
      });
    },
  };
}

/** Whether the run was canceled when the condition was asked: what has begun was decided on before. */
export function wasCanceled({ stage, job }: Part, run: RunRecord | undefined): boolean {
  const jobs = named(run?.stages ?? [], stage.name)?.jobs ?? [];
  const begun = (job ? jobs.filter((one) => one.name === job.name) : jobs).some((one) => one.legs.length > 0);
  return (run?.isCanceled ?? false) && !begun;
}

/** The stages or jobs that one of a level may depend on, as they are in the run. */
export function peersOf(
  part: Part,
  level: Asker,
  run: RunRecord | undefined,
): readonly { readonly name: string; readonly state: string; readonly result?: string }[] {
  const stages = run?.stages ?? [];
  return level === 'stage' ? stages : (named(stages, part.stage.name)?.jobs ?? []);
}

function listed(names: readonly string[]): string {
  return names.length === 1 ? `${names[0]} has` : `${names.slice(0, -1).join(', ')} and ${names.at(-1)} have`;
}

/** Before a run the first step finds the job without a failure; of later ones nothing is known. */
function stepStatus(part: Part, run: RunRecord | undefined): StatusHost {
  if (run) return { level: 'step', jobStatus: statusBefore(part, run).status };
  if (part.job?.steps[0] === part.step) return { level: 'step', jobStatus: 'Succeeded' };
  return {
    level: 'step',
    get jobStatus(): string {
      return notKnown('known when the steps before it have run');
    },
  };
}

/** The status of a job when it was the step's turn: what the steps before made of it. */
export function statusBefore(part: Part, run: RunRecord): { status: string; because?: string } {
  const leg = legOf(part, named(named(run.stages, part.stage.name)?.jobs ?? [], part.job?.name ?? '')?.legs ?? []);
  const steps = leg?.steps ?? [];
  const at = steps.findIndex((one) => one.name.toLowerCase() === part.step?.name.toLowerCase());
  const before = at < 0 ? steps : steps.slice(0, at);
  const failed = before.find((one) => one.result === 'Failed');
  if (failed) return { status: 'Failed', because: `the step ${failed.name} failed` };
  const canceled = before.find((one) => one.result === 'Canceled');
  if (canceled) return { status: 'Canceled', because: `the step ${canceled.name} was canceled` };
  const issues = before.find((one) => one.result === 'SucceededWithIssues');
  if (issues) return { status: 'SucceededWithIssues', because: `the step ${issues.name} had issues` };
  return { status: 'Succeeded' };
}
