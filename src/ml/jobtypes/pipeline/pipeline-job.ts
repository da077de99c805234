import { invalid } from '../../../kernel/errors.ts';
import { newGuid } from '../../../kernel/ids.ts';
import type { JobType } from '../../jobs/job-type.ts';
import type { PlannedInput, PlannedOutput, RunPlan } from '../../jobs/plan.ts';
import { placeOutput, readInputs, readOutputs } from '../../jobs/read-values.ts';
import { objectField, textField, textsField } from '../../wire-fields.ts';
import { createComponentReader } from './component.ts';
import { placeFirstAndLast } from './first-and-last.ts';
import { outputsWithSources, parentOf } from './pipeline-scope.ts';
import { planNodes } from './plan-nodes.ts';
import { readSettings } from './settings.ts';

/** A pipeline of components. Everything is resolved when the job is accepted: which data each node reads, and where it writes. */
export const pipelineJob: JobType = {
  jobType: 'Pipeline',
  async plan(deps, { workspace, name, properties, apiVersion, now }) {
    const components = createComponentReader(deps.versions, workspace);
    const componentId = textField(properties, 'componentId');
    const component = componentId === undefined ? undefined : await components(componentId);
    const own = objectField(properties, 'jobs');
    const jobs = Object.keys(own).length > 0 ? own : objectField(component?.spec, 'jobs');
    if (Object.keys(jobs).length === 0)
      throw invalid('A pipeline job needs at least one node in jobs.', { target: 'jobs', wire: 'UserError' });
    const settings = readSettings(objectField(properties, 'settings'), apiVersion);
    const datastore = settings.defaultDatastore ?? (await deps.defaultDatastore(workspace));

    const inputs: Record<string, PlannedInput> = {};
    for (const [key, declared] of Object.entries(objectField(component?.spec, 'inputs'))) {
      const value = textField(declared, 'default');
      if (value !== undefined) inputs[key] = { value: { kind: 'literal', value }, mode: 'ReadOnlyMount' };
    }
    for (const [key, raw] of Object.entries(readInputs(properties))) {
      const mode = raw.mode ?? 'ReadOnlyMount';
      if (raw.kind === 'literal') inputs[key] = { value: { kind: 'literal', value: raw.value }, mode };
      else {
        const resolved = await deps.data.resolve(workspace, raw.uri);
        const { uri, assetId = raw.uri } = resolved;
        inputs[key] = { value: { kind: 'asset', type: raw.type, uri, assetId }, mode };
      }
    }
    const outputs: Record<string, PlannedOutput> = {};
    const declaredOutputs = { ...objectField(component?.spec, 'outputs'), ...objectField(properties, 'outputs') };
    for (const [key, raw] of Object.entries(readOutputs({ outputs: declaredOutputs }))) {
      if (raw.kind === 'bound') throw invalid(`The pipeline's output '${key}' cannot be bound to '${raw.text}'.`);
      const placed = placeOutput(key, raw, undefined, name, { workspace, datastore });
      const { uri } = await deps.data.resolveOutput(workspace, placed.uri);
      outputs[key] = { ...placed, uri, ...(raw.uri === undefined ? {} : { given: true }) };
    }

    const experimentName = textField(properties, 'experimentName') ?? 'Default';
    const description = textField(properties, 'description');
    const root: RunPlan = {
      runId: name,
      launchId: newGuid(),
      name,
      displayName: textField(properties, 'displayName') ?? name,
      ...(description ? { description } : {}),
      experimentName,
      tags: textsField(properties, 'tags'),
      properties: {
        ...textsField(properties, 'properties'),
        'azureml.runsource': 'azureml.PipelineRun',
        runSource: 'MFE',
        runType: 'HTTP',
        'azureml.parameters': JSON.stringify(
          Object.fromEntries(
            Object.entries(inputs).flatMap(([key, input]) =>
              input.value.kind === 'literal' ? [[key, input.value.value]] : [],
            ),
          ),
        ),
        'azureml.continue_on_step_failure': settings.continueOnStepFailure ? 'True' : 'False',
        'azureml.continue_on_failed_optional_input': settings.continueOnFailedOptionalInput ? 'True' : 'False',
        'azureml.enforceRerun': settings.forceRerun ? 'True' : 'False',
        'azureml.defaultComputeName': settings.defaultCompute ?? '',
        'azureml.defaultDataStoreName': datastore,
        'azureml.pipelineComponent': 'pipelinerun',
        'azureml.DevPlatv2': 'true',
      },
      createdAt: now,
      inputs,
      outputs,
      needs: [],
      work: { kind: 'pipeline', continueOnStepFailure: settings.continueOnStepFailure },
    };
    const computes = new Map<string, Promise<string>>();
    const compute = (wanted: string) => {
      const known = computes.get(wanted) ?? deps.compute(wanted);
      computes.set(wanted, known);
      return known;
    };
    const parent = parentOf(root, false);
    const children = await planNodes(
      { deps, workspace, settings, datastore, experimentName, now, rootName: name, components, compute },
      parent,
      jobs,
    );
    const placed = placeFirstAndLast(children, name, jobs, settings);
    return { runs: [{ ...root, outputs: outputsWithSources(parent) }, ...placed] };
  },
};
