import { invalid } from '../../kernel/errors.ts';
import { newGuid } from '../../kernel/ids.ts';
import { textField, textsField } from '../wire-fields.ts';
import type { PlanDeps, PlanRequest } from './job-type.ts';
import type { PlannedInput, PlannedOutput, RunPlan } from './plan.ts';
import { placeOutput, readInputs, readOutputs } from './read-values.ts';
import { requiredReferences } from './render.ts';

export type OwnValues = {
  readonly inputs: Readonly<Record<string, PlannedInput>>;
  readonly outputs: Readonly<Record<string, PlannedOutput>>;
};

/** The inputs and outputs of a job that is one run, or one run with others below it. @throws not-found for data that isn't there; invalid for a bound output */
export async function planOwnValues(deps: PlanDeps, { workspace, name, properties }: PlanRequest): Promise<OwnValues> {
  const datastore = await deps.defaultDatastore(workspace);
  const inputs: Record<string, PlannedInput> = {};
  for (const [key, raw] of Object.entries(readInputs(properties))) {
    const mode = raw.mode ?? 'ReadOnlyMount';
    if (raw.kind === 'literal') {
      inputs[key] = { value: { kind: 'literal', value: raw.value }, mode };
      continue;
    }
    const resolved = await deps.data.resolve(workspace, raw.uri);
    inputs[key] = {
      value: { kind: 'asset', type: raw.type, uri: resolved.uri, assetId: resolved.assetId ?? raw.uri },
      mode,
    };
  }
  const outputs: Record<string, PlannedOutput> = {};
  for (const [key, raw] of Object.entries(readOutputs(properties))) {
    // `default` stands for the run's artifacts: the service adds it, and clients send it back.
    if (key === 'default') continue;
    if (raw.kind === 'bound') throw invalid(`The output '${key}' of a job cannot be bound to '${raw.text}'.`);
    const placed = placeOutput(key, raw, undefined, name, { workspace, datastore });
    outputs[key] = { ...placed, uri: (await deps.data.resolveOutput(workspace, placed.uri)).uri };
  }
  return { inputs, outputs };
}

/** @throws invalid when a command reads an input or output that the job does not have */
export function checkReferences(command: string, { inputs, outputs }: OwnValues): void {
  for (const { area, name: key } of requiredReferences(command)) {
    if ((area === 'inputs' ? inputs : outputs)[key] === undefined)
      throw invalid(`The command reads \${{${area}.${key}}}, but the job has no ${area.slice(0, -1)} '${key}'.`, {
        wire: 'UserError',
        target: key,
      });
  }
}

/** The run that a job of one run is. */
export function planOwnRun(
  { name, properties, now }: PlanRequest,
  values: OwnValues,
  work: RunPlan['work'],
  more: Readonly<Record<string, string>> = {},
): RunPlan {
  const description = textField(properties, 'description');
  return {
    runId: name,
    launchId: newGuid(),
    name,
    displayName: textField(properties, 'displayName') ?? name,
    ...(description ? { description } : {}),
    experimentName: textField(properties, 'experimentName') ?? 'Default',
    tags: textsField(properties, 'tags'),
    properties: { ...textsField(properties, 'properties'), ...more },
    createdAt: now,
    ...values,
    needs: [],
    work,
  };
}
