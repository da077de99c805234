import { flag } from '../arguments.ts';
import type { CommandDefinition } from '../command.ts';
import { compileOptions, compilePipeline } from '../compile-pipeline.ts';
import { exitCode } from '../exit-code.ts';
import { reportDiagnostics } from '../pipeline-report.ts';

export const expand: CommandDefinition = {
  name: 'expand',
  summary: 'Print a pipeline with its templates expanded',
  description: 'What is printed is what a run would carry out. Needs no server.',
  positionals: [{ name: 'FILE', summary: 'the pipeline; azure-pipelines.yml when not given', required: false }],
  options: [
    ...compileOptions,
    { name: 'plan', summary: 'print the plan (stages, jobs, steps with every default) as JSON' },
  ],
  examples: [
    { line: 'millrace expand azure-pipelines.yml -p environment=test', says: 'the YAML for that parameter' },
    { line: 'millrace expand --plan | jq .stages', says: 'the plan' },
  ],
  async run(parsed, io) {
    const { pipeline, result } = await compilePipeline(parsed, io, 'expand');
    await reportDiagnostics(io, pipeline.directory, [...result.diagnostics, ...result.warnings]);
    if (result.plan === undefined || result.diagnostics.some((one) => one.severity === 'error')) return exitCode.usage;
    if (flag(parsed, 'plan')) io.stdout.write(`${JSON.stringify(result.plan, null, 2)}\n`);
    else io.stdout.write(withNewline(result.finalYaml ?? ''));
    return exitCode.succeeded;
  },
};

function withNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
