import { flag } from '../arguments.ts';
import type { CommandDefinition } from '../command.ts';
import { compilePipeline } from '../compile-pipeline.ts';
import { exitCode } from '../exit-code.ts';
import { compileOptions } from '../pipeline-options.ts';
import { reportDiagnostics } from '../pipeline-report.ts';

export const validate: CommandDefinition = {
  name: 'validate',
  summary: 'Check a pipeline without running it',
  description: 'Reads the file and its templates, and reports every problem with its place. Needs no server.',
  positionals: [{ name: 'FILE', summary: 'the pipeline; azure-pipelines.yml when not given', required: false }],
  options: [...compileOptions, { name: 'json', summary: 'print the problems as JSON on standard output' }],
  examples: [
    { line: 'millrace validate', says: 'exit code 0 when the pipeline is valid, 2 when it is not' },
    { line: 'millrace validate ci/train.yml --json', says: 'for an editor or a hook' },
  ],
  async run(parsed, io) {
    const { pipeline, result, diagnostics, repositories } = await compilePipeline(parsed, io, 'validate');
    const valid = result.plan !== undefined && result.diagnostics.every((one) => one.severity !== 'error');
    if (flag(parsed, 'json')) {
      io.stdout.write(`${JSON.stringify({ valid, diagnostics: [...diagnostics, ...result.warnings] }, null, 2)}\n`);
    } else {
      await reportDiagnostics(io, pipeline.directory, [...diagnostics, ...result.warnings], repositories.fileOf);
      if (valid) io.stderr.write(`${pipeline.file} is valid.\n`);
    }
    return valid ? exitCode.succeeded : exitCode.usage;
  },
};
