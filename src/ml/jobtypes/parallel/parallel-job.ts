import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { invalid } from '../../../kernel/errors.ts';
import type { JobType, NodeRequest } from '../../jobs/job-type.ts';
import { readCommand } from '../../jobs/read-command.ts';
import { requiredReferences } from '../../jobs/render.ts';
import { fieldOf } from '../../wire-fields.ts';
import { readParallel } from './read-parallel.ts';

/** The entry script of a node, called for each mini-batch of its input; a node of pipelines only, as in the service (documented). */
export const parallelJob: JobType = {
  jobType: 'Parallel',
  async plan() {
    throw invalid('A parallel job is a node of a pipeline: put it into the jobs of a pipeline job.', {
      target: 'jobType',
      wire: 'UserError',
    });
  },
  async planNode(_deps, request) {
    const { key, node, spec, inputs, compute } = request;
    const wanted = inputNameOf(request);
    const input = inputs[wanted];
    // Of a table that is evaluated for the script, files are left (documented: eval_mount for data of files, direct for tables).
    const isEvaluated = input?.mode === 'EvalMount' || input?.mode === 'EvalDownload';
    const isTable = input?.value.kind === 'asset' && input.value.type === 'mltable' && !isEvaluated;
    const parallel = readParallel(key, node, spec, isTable);
    const command = commandOf(parallel.input, parallel.appendRowTo, parallel.arguments);
    checkReferences(command, request);
    const work = readCommand(
      {
        command,
        environment: parallel.environment,
        code: parallel.code,
        resources: parallel.resources,
        environmentVariables: {
          ...parallel.environmentVariables,
          MILLRACE_PARALLEL: JSON.stringify(parallel.settings),
          MILLRACE_PARALLEL_DRIVER: driverText(),
        },
      },
      { limits: fieldOf(node, 'limits'), queueSettings: fieldOf(node, 'queueSettings') },
      compute,
    );
    return {
      work: { kind: 'command', ...work },
      properties: {},
      // The driver reads files: a table that the script would be handed as an address is there as a folder all the same.
      ...(input?.mode === 'Direct' ? { inputs: { ...inputs, [wanted]: { ...input, mode: 'ReadOnlyMount' } } } : {}),
    };
  },
};

function inputNameOf({ key, node, spec }: NodeRequest): string {
  return readParallel(key, node, spec, false).input;
}

let driver: string | undefined;
/** The driver goes with the run: a server that was updated since does not change it. */
function driverText(): string {
  driver ??= readFileSync(join(import.meta.dirname, 'parallel-driver.py'), 'utf8');
  return driver;
}

/** Each node's process writes the driver to a file of its own: tracebacks then show its lines. */
function commandOf(input: string, appendRowTo: string | undefined, args: string): string {
  const file = '"$AZ_BATCHAI_JOB_TEMP/parallel-driver-$AZUREML_CR_NODE_RANK.py"';
  const rows = appendRowTo === undefined ? '' : ` --append-row-to="${appendRowTo}"`;
  return `printf %s "$MILLRACE_PARALLEL_DRIVER" >${file} && unset MILLRACE_PARALLEL_DRIVER && exec python3 ${file} --input="\${{inputs.${input}}}"${rows} -- ${args}`;
}

/** @throws invalid when the node has not what its arguments name */
function checkReferences(command: string, { key, spec, inputs, outputs }: NodeRequest): void {
  const declared = (spec['inputs'] ?? {}) as Record<string, unknown>;
  for (const { area, name } of requiredReferences(command)) {
    const known = area === 'inputs' ? (inputs[name] ?? declared[name]) : outputs[name];
    if (known === undefined)
      throw invalid(`The parallel node '${key}' reads \${{${area}.${name}}}, which it does not have.`, {
        target: name,
        wire: 'UserError',
        details: ['BadArgument', 'ArgumentInvalid', 'InvalidPipelineJob', 'InvalidComponentJobInput'],
      });
  }
}
