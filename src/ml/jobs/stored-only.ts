import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { invalid } from '../../kernel/errors.ts';
import { fieldOf, textField } from '../wire-fields.ts';
import type { JobType } from './job-type.ts';
import { planOwnRun, planOwnValues } from './plan-own-run.ts';
import { computeNameOf } from './read-values.ts';
import { logName, runArtifact } from './run-logs.ts';

export type StoredOnly = {
  readonly jobType: string;
  /** `type` of a pipeline's node. */
  readonly nodeType: string;
  /** For messages: `Spark jobs`. */
  readonly what: string;
  /** What a person can do instead. */
  readonly instead: string;
  /** Keys without which the service's schema refuses a job. */
  readonly required: readonly string[];
};

/**
 * A job type that is accepted and kept as it was sent, and whose runs fail at once with what is not implemented: a project that has such
 * jobs among others can be brought here whole.
 */
export function storedOnly({ jobType, nodeType, what, instead, required }: StoredOnly): JobType {
  return {
    jobType,
    nodeType,
    storedOnly: true,
    async plan(deps, request) {
      for (const key of required)
        if (fieldOf(request.properties, key) === undefined)
          throw invalid(`A job of type ${jobType} needs '${key}'.`, { target: key, wire: 'UserError' });
      const wanted = computeNameOf(textField(request.properties, 'computeId'));
      const compute = wanted === undefined ? undefined : await deps.compute(wanted);
      const values = await planOwnValues(deps, request);
      const work = {
        kind: 'led' as const,
        jobType,
        settings: {},
        shown: {},
        ...(compute === undefined ? {} : { compute }),
      };
      return { runs: [planOwnRun(request, values, work)] };
    },
    async planNode(_deps, { spec, node }) {
      return { work: { kind: 'led', jobType, settings: {}, shown: { ...spec, ...node } }, properties: {} };
    },
    async lead(deps, { workspace, plan }) {
      const message = `not implemented: ${what}. '${plan.displayName}' is kept as it was sent, and nothing of it was run. ${instead}`;
      const log = runArtifact(deps.blobs, workspace, plan.runId, logName(0, 1));
      await mkdir(dirname(log), { recursive: true, mode: 0o700 });
      await appendFile(log, `${message}\n`);
      return { status: 'Failed', error: { code: 'UserError', message } };
    },
  };
}
