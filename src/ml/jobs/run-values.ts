import { parseCodeId, snapshotIdOf } from '../snapshots.ts';
import type { RunValue } from '../types.ts';
import type { JobTree, TreeRun } from './job-tree.ts';
import type { PlannedInput, RunPlan, RunState, ValueReference } from './plan.ts';
import { textOfValue } from './read-values.ts';

type Runs = { get(runId: string): Pick<TreeRun, 'plan' | 'state'> | undefined };

/** An output of a run as it came to be; undefined while the run has not completed, or when it has no such output. */
export function outputOf(run: Pick<TreeRun, 'plan' | 'state'> | undefined, name: string): RunValue | undefined {
  if (run?.state.status !== 'Completed') return undefined;
  return run.state.outputs?.[name] ?? plannedOutput(run.plan, name);
}

/** Every output of a completed run as it came to be. */
export function outputsOf(run: Pick<TreeRun, 'plan' | 'state'>): Record<string, RunValue> {
  const outputs: Record<string, RunValue> = {};
  for (const name of new Set([...Object.keys(run.plan.outputs), ...Object.keys(run.state.outputs ?? {})])) {
    const value = outputOf(run, name);
    if (value) outputs[name] = value;
  }
  return outputs;
}

function plannedOutput(plan: RunPlan, name: string): RunValue | undefined {
  const output = plan.outputs[name];
  return output && { kind: 'asset', type: output.type, uri: output.uri };
}

/** An input of a run that has started; undefined for one without a value. */
export function inputOf(
  run: { readonly plan: RunPlan; readonly state: RunState } | undefined,
  name: string,
): RunValue | undefined {
  const actual = run?.state.inputs?.[name];
  if (actual !== undefined) return actual ?? undefined;
  return run?.plan.inputs[name]?.value;
}

/** The inputs of a run as they are once it has started, by name. */
export function inputsOf(run: { readonly plan: RunPlan; readonly state: RunState }): RunPlan['inputs'] {
  if (run.state.inputs === undefined) return run.plan.inputs;
  const inputs: Record<string, PlannedInput> = {};
  for (const [name, input] of Object.entries(run.plan.inputs)) {
    const value = inputOf(run, name);
    if (value) inputs[name] = { ...input, value };
  }
  return inputs;
}

/** The outputs of a run as they are known by now: made, or planned. */
export function shownOutputs(run: { readonly plan: RunPlan; readonly state: RunState }): Record<string, RunValue> {
  const outputs: Record<string, RunValue> = {};
  for (const name of new Set([...Object.keys(run.plan.outputs), ...Object.keys(run.state.outputs ?? {})])) {
    const value = run.state.outputs?.[name] ?? plannedOutput(run.plan, name);
    if (value) outputs[name] = value;
  }
  return outputs;
}

/** A time as properties have it: to the second, in UTC (seen in the service's answers). */
const plainTime = (iso: string) => iso.slice(0, 19).replace('T', ' ');

/** The properties of a run as clients read them; a run that took over another's result says whose (recorded names). */
export function shownProperties({
  plan,
  state,
}: {
  readonly plan: RunPlan;
  readonly state: RunState;
}): Record<string, string> {
  const { reused } = state;
  const code =
    plan.work.kind === 'command' && plan.work.codeId !== undefined ? parseCodeId(plan.work.codeId) : undefined;
  return {
    ...plan.properties,
    ...(code === undefined ? {} : { ContentSnapshotId: snapshotIdOf(code.name, code.version) }),
    ...(plan.work.kind === 'command'
      ? { '_azureml.ComputeTargetType': 'amlctrain', '_azureml.ClusterName': plan.work.compute }
      : {}),
    ...(state.startedAt === undefined ? {} : { StartTimeUtc: plainTime(state.startedAt) }),
    ...(state.endedAt === undefined ? {} : { EndTimeUtc: plainTime(state.endedAt) }),
    ...state.properties,
    ...(reused === undefined
      ? {}
      : {
          'azureml.isreused': 'true',
          'azureml.reusedrunid': reused.runId,
          'azureml.reusednodeid': reused.nodeId,
          'azureml.reusedpipeline': reused.job,
          'azureml.reusedpipelinerunid': reused.job,
        }),
  };
}

const referredValue = (runs: Runs, reference: ValueReference): RunValue | undefined =>
  'output' in reference
    ? outputOf(runs.get(reference.runId), reference.output)
    : inputOf(runs.get(reference.runId), reference.input);

/** The value of an input now that what it refers to is known; undefined when there is none. */
export function resolveInput(runs: Runs, input: PlannedInput): RunValue | undefined {
  if (input.from === undefined) return input.value;
  const [only] = input.from;
  if (input.from.length === 1 && only !== undefined && typeof only !== 'string') {
    const value = referredValue(runs, only);
    if (value === undefined) return input.fallback;
    const wanted = input.value;
    if (wanted.kind === 'literal') return value;
    if (value.kind === 'asset') return { ...value, type: wanted.type };
    // A pipeline's input may hold a URI as plain text where the component wants data.
    return { kind: 'asset', type: wanted.type, uri: value.value };
  }
  const texts = input.from.map((part) => {
    const value = typeof part === 'string' ? undefined : referredValue(runs, part);
    return typeof part === 'string' ? part : value === undefined ? '' : textOfValue(value);
  });
  const text = texts.join('');
  return input.value.kind === 'literal'
    ? { kind: 'literal', value: text }
    : { kind: 'asset', type: input.value.type, uri: text };
}

const isSame = (a: RunValue, b: RunValue) =>
  a.kind === 'literal'
    ? b.kind === 'literal' && a.value === b.value
    : b.kind === 'asset' && a.uri === b.uri && a.type === b.type;

/**
 * What a run's inputs are now that it starts, as far as its plan could not know.
 * @returns `missing`: the name of a required input that has no value
 */
export function inputsAtStart(
  runs: JobTree['runs'] | Runs,
  plan: RunPlan,
): { inputs?: Readonly<Record<string, RunValue | null>>; missing?: string } {
  let inputs: Record<string, RunValue | null> | undefined;
  for (const name in plan.inputs) {
    const input = plan.inputs[name] as PlannedInput;
    if (input.from === undefined) continue;
    const value = resolveInput(runs, input);
    if (value === undefined && !input.optional) return { missing: name };
    if (value !== undefined && isSame(value, input.value)) continue;
    inputs ??= {};
    inputs[name] = value ?? null;
  }
  return inputs === undefined ? {} : { inputs };
}
