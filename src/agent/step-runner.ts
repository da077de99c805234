import { setTimeout as sleep } from 'node:timers/promises';
import type { JobEndpoint, JobRequest, JobStep, TimelineResult } from '../contracts/agent.ts';
import type { TaskManifest, TaskRepository, TaskServer } from '../contracts/task.ts';
import type { Clock } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import { evaluateCondition } from '../language/expressions/index.ts';
import { buildEnvironment } from './environment.ts';
import { instanceName, resolveInputs } from './inputs.ts';
import { headerBlock } from './log-text.ts';
import type { Processes } from './processes.ts';
import { jobStatusOf, mergeResults } from './results.ts';
import { createOutputReader, failCommand, type JobScope } from './run-commands.ts';
import { createStepOutput } from './step-output.ts';
import { createStepState, type StepState } from './step-state.ts';
import { createTaskContext, findEndpoint } from './task-context.ts';
import type { TaskLoader } from './task-loader.ts';
import { isCheckout, type Workspace } from './workspace.ts';

const mostRetries = 10;

/** What the steps of a job share. */
export type StepsScope = JobScope & {
  readonly job: JobRequest;
  readonly workspace: Workspace;
  readonly processes: Processes;
  readonly server: TaskServer;
  readonly repositories: readonly TaskRepository[];
  readonly tasks: TaskLoader;
  readonly clock: Clock;
  /** The agent process's environment, without its secrets. */
  readonly env: Readonly<Record<string, string>>;
  /** Environment of every process of the job. */
  readonly added: Readonly<Record<string, string>>;
  /** The job's result so far. */
  readonly jobResult: () => TimelineResult;
  /** Aborted when the job is canceled. */
  readonly canceled: AbortSignal;
  /** Aborted when the job must be over at once: its cancel time has run out, or the claim is lost. */
  readonly stopped: AbortSignal;
  readonly atJobEnd: (name: string, action: (state: StepState) => Promise<void>) => void;
};

export type StepEnd = { readonly result: TimelineResult; readonly state: StepState };

/** Runs one step: condition, inputs, tries, time limit; reports its record from beginning to end. */
export async function runStep(scope: StepsScope, step: JobStep): Promise<StepEnd> {
  const { uploads, masker, variables } = scope;
  const output = createStepOutput(step.id, uploads, masker);
  const state = createStepState(step, output, masker, uploads);
  const now = () => scope.clock.now().toISOString();
  const end = (result: TimelineResult, name: string): StepEnd => {
    output.finish(name);
    const issues = state.issues();
    uploads.record({
      id: step.id,
      state: 'completed',
      result,
      finishTime: now(),
      ...(issues.errorCount + issues.warningCount > 0 ? issues : {}),
    });
    return { result, state };
  };
  variables.set('System.TaskInstanceId', step.id);
  variables.set('System.TaskInstanceName', step.name);
  const manifest =
    scope.tasks.find(step.reference.id, majorOf(step)) ?? scope.tasks.find(step.reference.name, majorOf(step));
  const expand = variables.expand;
  const name =
    expand(step.displayName) ||
    (manifest ? instanceName(manifest, { ...defaultsOf(manifest), ...step.inputs }, expand) : step.name);
  variables.set('Task.DisplayName', name);
  variables.set('System.TaskDisplayName', name);

  const condition = conditionOf(scope, step);
  if ('error' in condition) {
    uploads.record({ id: step.id, name: masker.mask(name), state: 'inProgress', startTime: now() });
    failCommand(state, condition.error);
    return end('failed', name);
  }
  if (!condition.value) {
    output.print(`Skipping step due to condition evaluation.\n${condition.trace}`);
    uploads.record({ id: step.id, name: masker.mask(name), startTime: now() });
    return end('skipped', name);
  }

  const limit = stepLimit(scope, step);
  // Nothing of a step begins before word of it is out: when this process dies, the server knows which steps ran.
  await beforeAbort(
    limit.signal,
    uploads.announce({ id: step.id, name: masker.mask(name), state: 'inProgress', startTime: now() }),
  );
  if (!manifest) {
    limit.clear();
    failCommand(
      state,
      `There is no task ${step.reference.name}@${majorOf(step)} (${step.reference.id}) here. 'millrace doctor' lists the built-in tasks.`,
    );
    return end('failed', name);
  }
  for (const line of headerBlock(name, manifest)) output.printPlain(masker.finds(line) ? masker.mask(line) : line);

  limit.begin();
  let result: TimelineResult = 'canceled';
  if (!limit.signal.aborted) result = await tryStep(scope, step, manifest, state, limit.signal);
  const retries = Math.min(step.retryCountOnTaskFailure, mostRetries);
  for (let attempt = 0; result === 'failed' && attempt < retries && !limit.signal.aborted; attempt += 1) {
    const seconds = (attempt + 1) ** 2;
    output.print(`##[warning]Task failed, try ${attempt + 1} of ${retries} more follows in ${seconds} s.`);
    await sleep(seconds * 1000, undefined, { signal: limit.signal }).catch(() => {});
    if (limit.signal.aborted) break;
    state.reset();
    result = await tryStep(scope, step, manifest, state, limit.signal);
  }
  limit.clear();
  if (limit.timedOut()) {
    failCommand(state, `The task has timed out: it ran longer than its ${step.timeoutInMinutes} minute(s).`);
    result = 'failed';
  } else if (limit.signal.aborted && result !== 'succeeded' && result !== 'succeededWithIssues') {
    output.print('##[error]The operation was canceled.');
    state.addIssue({ type: 'error', category: 'General', message: 'The operation was canceled.' });
    result = 'canceled';
  }
  if (result === 'failed' && step.continueOnError) result = 'succeededWithIssues';
  return end(result, name);
}

/** Waits for a promise that never rejects, and no longer than until the signal aborts. */
async function beforeAbort(signal: AbortSignal, promise: Promise<void>): Promise<void> {
  if (signal.aborted) return;
  const aborted = Promise.withResolvers<void>();
  const stop = () => aborted.resolve();
  signal.addEventListener('abort', stop, { once: true });
  await Promise.race([promise, aborted.promise]);
  signal.removeEventListener('abort', stop);
}

/** One try. A thrown error is the task's failure, told in full. */
async function tryStep(
  scope: StepsScope,
  step: JobStep,
  manifest: TaskManifest,
  state: StepState,
  signal: AbortSignal,
): Promise<TimelineResult> {
  const { variables, workspace } = scope;
  const done = new AbortController();
  const either = AbortSignal.any([signal, done.signal]);
  try {
    const task = await scope.tasks.load(manifest.id, majorOf(step));
    if (!task)
      throw new Error(`The code of the task ${manifest.name}@${majorOf(step)} is missing from this installation.`);
    const inputs = resolveInputs(manifest, step.inputs, variables.expand, workspace.inputFolder);
    // Where a repository goes depends on all checkout steps together, so the job has settled it before.
    if (isCheckout(manifest)) inputs['path'] = workspace.checkouts.get(step.id) ?? '';
    const stepEnv = Object.fromEntries(
      Object.entries(step.environment).map(([name, value]) => [name, variables.expand(value)]),
    );
    const environment = buildEnvironment({
      process: scope.env,
      added: scope.added,
      step: stepEnv,
      variables,
      inputs,
      endpoints: namedEndpoints(manifest, inputs, scope.endpoints),
      taskVariables: state.taskVariables,
      path: [...scope.job.prependPath, ...scope.prependedPath],
    });
    const reader = createOutputReader(scope, state, step.target, () => done.abort());
    const context = createTaskContext({
      scope,
      state,
      reader,
      manifest,
      inputs,
      environment,
      processes: scope.processes,
      server: scope.server,
      repositories: scope.repositories,
      signal: either,
      atJobEnd: (action) => scope.atJobEnd(variables.get('Task.DisplayName') ?? step.name, action),
    });
    const own = await task.run(context);
    for (const error of await state.settle()) failCommand(state, messageOf(error));
    if (done.signal.aborted && state.result() !== undefined) return state.result() as TimelineResult;
    if (own.result === 'failed' && own.message) failCommand(state, own.message);
    return mergeResults(state.result(), own.result);
  } catch (error) {
    if (signal.aborted) return 'canceled';
    failCommand(state, messageOf(error));
    return 'failed';
  }
}

/** The signal of a step: its own time limit, the end of the job, and cancellation unless the condition holds in spite of it. */
function stepLimit(scope: StepsScope, step: JobStep) {
  const own = new AbortController();
  let timedOut = false;
  let stopTimer = () => {};
  const onCancel = () => {
    const condition = conditionOf(scope, step);
    if ('error' in condition || !condition.value) own.abort();
  };
  const onStop = () => own.abort();
  // A step that begins after the cancellation has had its condition evaluated with it.
  if (!scope.canceled.aborted) scope.canceled.addEventListener('abort', onCancel, { once: true });
  if (scope.stopped.aborted) own.abort();
  else scope.stopped.addEventListener('abort', onStop, { once: true });
  return {
    signal: own.signal,
    timedOut: () => timedOut,
    /** The step's time begins. */
    begin() {
      if (step.timeoutInMinutes <= 0) return;
      stopTimer = scope.clock.after(step.timeoutInMinutes * 60_000, () => {
        timedOut = !own.signal.aborted;
        own.abort();
      });
    },
    clear() {
      stopTimer();
      scope.canceled.removeEventListener('abort', onCancel);
      scope.stopped.removeEventListener('abort', onStop);
    },
  };
}

function conditionOf(scope: StepsScope, step: JobStep): { value: boolean; trace: string } | { error: string } {
  try {
    return evaluateCondition(step.condition, {
      level: 'step',
      variables: (name) => scope.variables.get(name),
      jobStatus: scope.canceled.aborted ? 'Canceled' : jobStatusOf(scope.jobResult()),
    });
  } catch (error) {
    return { error: `The condition of the step could not be evaluated: ${messageOf(error)}` };
  }
}

/** Only connections that an input names go to the task, and the system's own. */
function namedEndpoints(
  manifest: TaskManifest,
  inputs: Readonly<Record<string, string>>,
  endpoints: readonly JobEndpoint[],
): JobEndpoint[] {
  const found = endpoints.filter((one) => one.name === 'SystemVssConnection');
  for (const input of manifest.inputs) {
    if (!input.type.toLowerCase().startsWith('connectedservice:')) continue;
    for (const name of (inputs[input.name] ?? '').split(',')) {
      const endpoint = name.trim() === '' ? undefined : findEndpoint(endpoints, name.trim());
      if (endpoint && !found.includes(endpoint)) found.push(endpoint);
    }
  }
  return found;
}

function defaultsOf(manifest: TaskManifest): Record<string, string> {
  return Object.fromEntries(manifest.inputs.map((input) => [input.name, input.defaultValue ?? '']));
}

function majorOf(step: JobStep): string {
  return step.reference.version.split('.')[0] ?? '';
}
