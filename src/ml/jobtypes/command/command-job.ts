import type { JobType } from '../../jobs/job-type.ts';
import { checkReferences, planOwnRun, planOwnValues } from '../../jobs/plan-own-run.ts';
import { readCommand } from '../../jobs/read-command.ts';
import { computeNameOf } from '../../jobs/read-values.ts';
import { textField } from '../../wire-fields.ts';

/** One command on one cluster. */
export const commandJob: JobType = {
  jobType: 'Command',
  async plan(deps, request) {
    const { properties } = request;
    const compute = await deps.compute(computeNameOf(textField(properties, 'computeId')) ?? 'serverless');
    const work = readCommand(properties, properties, compute);
    const values = await planOwnValues(deps, request);
    checkReferences(work.command, values);
    return { runs: [planOwnRun(request, values, { kind: 'command', ...work })] };
  },
};
