import { invalid } from '../../../kernel/errors.ts';
import { newGuid } from '../../../kernel/ids.ts';
import type { JobType } from '../../jobs/job-type.ts';
import type { PlannedInput, PlannedOutput } from '../../jobs/plan.ts';
import { readCommand } from '../../jobs/read-command.ts';
import { computeNameOf, placeOutput, readInputs, readOutputs } from '../../jobs/read-values.ts';
import { requiredReferences } from '../../jobs/render.ts';
import { longDatastoreUri } from '../../places.ts';
import { textField, textsField } from '../../wire-fields.ts';

/** One command on one cluster. */
export const commandJob: JobType = {
  jobType: 'Command',
  async plan(deps, { workspace, name, properties, now }) {
    const compute = await deps.compute(computeNameOf(textField(properties, 'computeId')) ?? 'serverless');
    const work = readCommand(properties, properties, compute);
    const datastore = await deps.defaultDatastore(workspace);
    const inputs: Record<string, PlannedInput> = {};
    for (const [key, raw] of Object.entries(readInputs(properties))) {
      const mode = raw.mode ?? 'ReadOnlyMount';
      if (raw.kind === 'literal') {
        inputs[key] = { value: { kind: 'literal', value: raw.value }, mode };
        continue;
      }
      const resolved = await deps.data.resolve(workspace, raw.uri);
      inputs[key] = { value: { kind: 'asset', type: raw.type, uri: resolved.uri, assetId: raw.uri }, mode };
    }
    const outputs: Record<string, PlannedOutput> = {};
    for (const [key, raw] of Object.entries(readOutputs(properties))) {
      // `default` stands for the run's artifacts: the service adds it, and clients send it back.
      if (key === 'default') continue;
      if (raw.kind === 'bound') throw invalid(`The output '${key}' of a command job cannot be bound to '${raw.text}'.`);
      const placed = placeOutput(key, raw, undefined, name, (path) => longDatastoreUri(workspace, datastore, path));
      outputs[key] = { ...placed, uri: (await deps.data.resolve(workspace, placed.uri)).uri };
    }
    for (const { area, name: key } of requiredReferences(work.command)) {
      if ((area === 'inputs' ? inputs : outputs)[key] === undefined)
        throw invalid(`The command reads \${{${area}.${key}}}, but the job has no ${area.slice(0, -1)} '${key}'.`, {
          wire: 'UserError',
          target: key,
        });
    }
    const description = textField(properties, 'description');
    return {
      runs: [
        {
          runId: name,
          launchId: newGuid(),
          name,
          displayName: textField(properties, 'displayName') ?? name,
          ...(description ? { description } : {}),
          experimentName: textField(properties, 'experimentName') ?? 'Default',
          tags: textsField(properties, 'tags'),
          properties: textsField(properties, 'properties'),
          createdAt: now,
          inputs,
          outputs,
          needs: [],
          work: { kind: 'command', ...work },
        },
      ],
    };
  },
};
