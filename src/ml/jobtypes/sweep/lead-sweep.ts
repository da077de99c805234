import { existsSync } from 'node:fs';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { copyTree } from '../../data/copy-tree.ts';
import type { StoredRun } from '../../jobs/job-rows.ts';
import { isTerminal } from '../../jobs/job-status.ts';
import type { LeadDeps, Led, LedOutcome } from '../../jobs/lead.ts';
import { runArtifact } from '../../jobs/run-logs.ts';
import { decideSweep, type SweepEnd, type Trial } from './decide-sweep.ts';
import type { SweepRules } from './read-sweep.ts';
import { parametersOf, planTrial, type TrialPattern } from './trial.ts';

/** What a sweep's plan keeps: decided when it was accepted, the seed of its sampling among it. */
export type SweepSettings = {
  readonly rules: SweepRules;
  readonly pattern: TrialPattern;
};

/** The log that clients stream of a sweep (client source). */
const LOG = 'azureml-logs/hyperdrive.txt';

/** Leads a sweep: asks what is next whenever a trial changed, a metric was logged or a limit is reached, and does it. */
export async function leadSweep(deps: LeadDeps, led: Led): Promise<LedOutcome | undefined> {
  const { rules, pattern } = led.plan.work.settings as SweepSettings;
  const { workspace, plan } = led;
  const changes = watchChanges(led);
  const histories = createHistories(deps, led, rules, changes.wake);
  const log = runArtifact(deps.blobs, workspace, plan.runId, LOG);
  const say = async (line: string) => {
    await mkdir(dirname(log), { recursive: true, mode: 0o700 });
    await appendFile(log, `[${deps.clock.now().toISOString()}] ${line}\n`);
  };
  const trialOf = async ({ plan: trial, state }: StoredRun): Promise<Trial> => ({
    runId: trial.runId,
    parameters: parametersOf(trial),
    status: statusOf(state.status),
    history: await histories.of(trial.runId, isTerminal(state.status)),
    ...(state.startedAt === undefined ? {} : { startedAt: Date.parse(state.startedAt) }),
  });
  try {
    if (led.children().length === 0)
      await say(`The sweep begins: at most ${rules.maxTotalTrials} trials, ${rules.maxConcurrentTrials} at once.`);
    for (;;) {
      if (led.leave.aborted) return undefined;
      const next = changes.next();
      const trials = await Promise.all(led.children().map(trialOf));
      const times = { now: deps.clock.now().getTime(), startedAt: Date.parse(led.startedAt) };
      const step = decideSweep(rules, trials, times, led.cancelled.aborted);
      for (const [runId, reason] of step.cancel) {
        await say(`The trial ${runId} is cancelled: ${reason}.`);
        led.cancel(runId);
      }
      const made = step.start.map((parameters, index) =>
        planTrial(workspace, plan, pattern, trials.length + index, parameters, deps.clock.now().toISOString()),
      );
      for (const trial of made)
        await say(`The trial ${trial.runId} is made with ${JSON.stringify(parametersOf(trial))}.`);
      await led.add(made);
      if (step.end) return await finish(deps, led, step.end, say);
      const forget = step.wakeAt === undefined ? () => {} : deps.clock.after(step.wakeAt - times.now, changes.wake);
      await next;
      forget();
    }
  } finally {
    histories.end();
    changes.end();
  }
}

function statusOf(status: StoredRun['state']['status']): Trial['status'] {
  if (status === 'Completed') return 'completed';
  if (status === 'Canceled') return 'canceled';
  if (status === 'CancelRequested') return 'ending';
  return isTerminal(status) ? 'failed' : 'active';
}

async function finish(
  deps: LeadDeps,
  led: Led,
  end: SweepEnd,
  say: (line: string) => Promise<void>,
): Promise<LedOutcome> {
  if (end.status !== 'Completed') {
    await say(`The sweep ends as ${end.status}.${end.message === undefined ? '' : ` ${end.message}`}`);
    return {
      status: end.status,
      ...(end.message === undefined ? {} : { error: { code: 'UserError', message: end.message } }),
    };
  }
  if (!end.best) {
    await takeOutputs(deps, led, undefined);
    await say('The sweep ends as Completed. No trial logged the primary metric, so none is the best.');
    return { status: 'Completed' };
  }
  const { runId, score } = end.best;
  await takeOutputs(deps, led, runId);
  await say(`The sweep ends as Completed. The best trial is ${runId} with ${score}.`);
  return { status: 'Completed', properties: { best_child_run_id: runId, score: String(score) } };
}

/** The best trial's outputs are the sweep's: copied to where those were promised when the sweep was accepted. Without one, its folders are empty. */
async function takeOutputs(deps: LeadDeps, led: Led, best: string | undefined): Promise<void> {
  const trial = led.children().find((child) => child.plan.runId === best);
  for (const [name, output] of Object.entries(led.plan.outputs)) {
    const to = await deps.data.localPath(led.workspace, output.uri);
    await mkdir(output.type === 'uri_file' ? dirname(to) : to, { recursive: true, mode: 0o700 });
    const made = trial?.plan.outputs[name];
    const from = made && (await deps.data.localPath(led.workspace, made.uri));
    if (from === undefined || !existsSync(from)) continue;
    // What an attempt before a crash left there.
    await rm(to, { recursive: true, force: true });
    await copyTree(from, to);
  }
}

/**
 * The primary metric of trials: of those under way only where a policy judges them, and read anew when the trial has logged something; of the
 * others once.
 */
function createHistories(deps: LeadDeps, led: Led, rules: SweepRules, wake: () => void) {
  const { workspace } = led;
  const known = new Map<string, { values: readonly number[]; stale: boolean; final: boolean; forget: () => void }>();
  const read = (runId: string) => deps.metrics.values(workspace.id, runId, rules.primaryMetric);
  return {
    async of(runId: string, isOver: boolean): Promise<readonly number[]> {
      const entry = known.get(runId);
      if (entry?.final) return entry.values;
      if (isOver) {
        entry?.forget();
        const values = await read(runId);
        known.set(runId, { values, stale: false, final: true, forget: () => {} });
        return values;
      }
      if (!rules.earlyTermination) return [];
      if (entry && !entry.stale) return entry.values;
      const fresh = entry ?? { values: [], stale: false, final: false, forget: () => {} };
      if (!entry) {
        fresh.forget = deps.metrics.watch(workspace.id, runId, () => {
          fresh.stale = true;
          wake();
        });
        known.set(runId, fresh);
      }
      // What is logged while this is read makes it stale again.
      fresh.stale = false;
      fresh.values = await read(runId);
      return fresh.values;
    },
    end() {
      for (const entry of known.values()) entry.forget();
    },
  };
}

/** Wake-ups of a leader: one that comes while it looks is there when it waits. */
function watchChanges(led: Led) {
  let wake = () => {};
  const listener = () => wake();
  const forget = led.watch(listener);
  const signals = [led.cancelled, led.leave];
  for (const signal of signals) signal.addEventListener('abort', listener);
  return {
    wake: listener,
    /** Resolves at the first wake-up after this call. */
    next: () =>
      new Promise<void>((resolve) => {
        wake = resolve;
      }),
    end() {
      forget();
      for (const signal of signals) signal.removeEventListener('abort', listener);
    },
  };
}
