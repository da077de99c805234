import { newGuid } from '../../../kernel/ids.ts';
import type { CommandWork, PlannedOutput, RunPlan } from '../../jobs/plan.ts';
import { longDatastoreUri } from '../../places.ts';
import type { Workspace } from '../../types.ts';
import { namedParameters, type Parameters } from './search-space.ts';

/** The tag that holds a trial's parameters, as JSON. */
const PARAMETERS_TAG = 'hyperparameters';

/** What every trial of a sweep shares. */
export type TrialPattern = {
  readonly work: CommandWork;
  /** Where the outputs of trials go. */
  readonly datastore: string;
};

const SEARCHED = /\$\{\{\s*search_space\.([\w.-]+?)\s*\}\}/g;

/** The run of trial `index`: named as the service does, its parameters in the command, in its inputs and in its variables. */
export function planTrial(
  workspace: Workspace,
  sweep: RunPlan,
  pattern: TrialPattern,
  index: number,
  parameters: Parameters,
  now: string,
): RunPlan {
  const runId = `${sweep.runId}_${index}`;
  const texts = namedParameters(parameters);
  const literals = Object.entries(texts).map(([name, value]) => [
    name,
    { value: { kind: 'literal' as const, value }, mode: 'ReadOnlyMount' as const },
  ]);
  const outputs = Object.entries(sweep.outputs).map(([name, output]): [string, PlannedOutput] => {
    const folder = `azureml/${runId}/${name}/`;
    const path = output.type === 'uri_file' ? `${folder}${name}` : folder;
    // A trial's output is no asset of its own: the best one's becomes the sweep's.
    return [name, { type: output.type, mode: output.mode, uri: longDatastoreUri(workspace, pattern.datastore, path) }];
  });
  return {
    runId,
    launchId: newGuid(),
    parent: sweep.runId,
    name: runId,
    displayName: `${sweep.displayName}_${index}`,
    experimentName: sweep.experimentName,
    tags: { ...sweep.tags, [PARAMETERS_TAG]: JSON.stringify(parameters) },
    properties: { 'azureml.runsource': 'hyperdrive', 'azureml.DevPlatv2': 'true' },
    createdAt: now,
    inputs: { ...sweep.inputs, ...Object.fromEntries(literals) },
    outputs: Object.fromEntries(outputs),
    needs: [],
    work: {
      kind: 'command',
      ...pattern.work,
      command: pattern.work.command.replace(SEARCHED, (whole, name: string) => texts[name] ?? whole),
      environmentVariables: {
        ...Object.fromEntries(Object.entries(texts).map(([name, value]) => [`AZUREML_SWEEP_${name}`, value])),
        ...pattern.work.environmentVariables,
      },
    },
  };
}

/** The names that a command takes from the search space. */
export function searchedNames(command: string): string[] {
  return [...command.matchAll(SEARCHED)].map((match) => match[1] as string);
}

export function parametersOf(trial: RunPlan): Parameters {
  return JSON.parse(trial.tags[PARAMETERS_TAG] ?? '{}') as Parameters;
}
