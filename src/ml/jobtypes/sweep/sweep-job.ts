import { invalid } from '../../../kernel/errors.ts';
import { newGuid } from '../../../kernel/ids.ts';
import type { JobType, PlanDeps } from '../../jobs/job-type.ts';
import type { LedWork } from '../../jobs/plan.ts';
import { type OwnValues, planOwnRun, planOwnValues } from '../../jobs/plan-own-run.ts';
import { readCommand } from '../../jobs/read-command.ts';
import { computeNameOf } from '../../jobs/read-values.ts';
import { requiredReferences } from '../../jobs/render.ts';
import type { Workspace } from '../../types.ts';
import { fieldOf, type Json, objectField, textField } from '../../wire-fields.ts';
import { leadSweep, type SweepSettings } from './lead-sweep.ts';
import { readSweep, type SweepRules } from './read-sweep.ts';
import { shownSweep } from './shown-sweep.ts';
import { searchedNames } from './trial.ts';

/** A command that is tried with different parameters, until the best is known. */
export const sweepJob: JobType = {
  jobType: 'Sweep',
  async plan(deps, request) {
    const { properties, workspace } = request;
    const trial = objectField(properties, 'trial');
    const compute = await deps.compute(computeNameOf(textField(properties, 'computeId')) ?? 'serverless');
    const values = await planOwnValues(deps, request);
    const { work, more } = await planSweep(deps, workspace, properties, trial, values, compute);
    return { runs: [planOwnRun(request, values, { kind: 'led', ...work }, more)] };
  },
  async planNode(deps, { workspace, node, spec, inputs, outputs, compute }) {
    const { work, more } = await planSweep(deps, workspace, node, spec, { inputs, outputs }, compute);
    return { work: { kind: 'led', ...work }, properties: more };
  },
  lead: leadSweep,
};

/** @param trial what holds the command: the body's `trial`, or the spec of a node's component */
async function planSweep(
  deps: PlanDeps,
  workspace: Workspace,
  body: Json,
  trial: Json,
  values: OwnValues,
  compute: string,
): Promise<{ work: LedWork; more: Record<string, string> }> {
  const rules = readSweep(body, Number.parseInt(newGuid().slice(0, 7), 16));
  // Of the body, a trial takes what is said of machines; the limits there are the sweep's own.
  const machines = { resources: fieldOf(body, 'resources'), queueSettings: fieldOf(body, 'queueSettings') };
  const work = readCommand(trial, machines, compute);
  const { timeoutSeconds: _ofTheSweep, ...command } = work;
  checkCommand(work.command, rules, values);
  const settings: SweepSettings = {
    rules,
    pattern: { work: command, datastore: await deps.defaultDatastore(workspace) },
  };
  return {
    work: { jobType: 'Sweep', compute, settings, shown: shownSweep(rules, command) },
    more: {
      runTemplate: 'HyperDrive',
      'azureml.runsource': 'hyperdrive',
      platform: 'AML',
      primary_metric_config: JSON.stringify({ name: rules.primaryMetric, goal: rules.goal }),
      resume_from: 'null',
    },
  };
}

/** @throws invalid when the command reads a parameter, input or output that there is not */
function checkCommand(command: string, rules: SweepRules, values: OwnValues): void {
  const nested = Object.values(rules.space).flatMap((one) =>
    one.kind === 'choice'
      ? one.values.flatMap((value) => (value.kind === 'nested' ? Object.keys(value.fields) : []))
      : [],
  );
  const searched = new Set([...Object.keys(rules.space), ...nested]);
  for (const name of searchedNames(command))
    if (!searched.has(name))
      throw invalid(
        `The command reads \${{search_space.${name}}}, but the search space has ${[...searched].join(', ')}.`,
        { wire: 'UserError', target: `search_space.${name}` },
      );
  for (const { area, name } of requiredReferences(command))
    if (
      (area === 'inputs' ? values.inputs : values.outputs)[name] === undefined &&
      !(area === 'inputs' && searched.has(name))
    )
      throw invalid(`The command reads \${{${area}.${name}}}, but the sweep has no ${area.slice(0, -1)} '${name}'.`, {
        wire: 'UserError',
        target: name,
      });
}
