import { type CompileResult, type Part, partYaml, type SourceLine, sourceMap } from '../../language/index.ts';
import { flag, UsageError, value } from '../arguments.ts';
import type { CommandDefinition } from '../command.ts';
import { compilePipeline } from '../compile-pipeline.ts';
import { exitCode } from '../exit-code.ts';
import { compileOptions } from '../pipeline-options.ts';
import { atOption, partArgument } from '../pipeline-part.ts';
import { isUnbuilt, reportDiagnostics } from '../pipeline-report.ts';
import { fileFromHere, type SourceFolders } from '../source-place.ts';
import { createStyle, type Style, wantsColour } from '../view/style.ts';

export const expand: CommandDefinition = {
  name: 'expand',
  summary: 'Print a pipeline with its templates expanded',
  description: 'What is printed is what a run would carry out. Needs no server.',
  positionals: [{ name: 'FILE', summary: 'the pipeline; azure-pipelines.yml when not given', required: false }],
  options: [
    ...compileOptions,
    atOption,
    { name: 'source-map', summary: 'say in front of each line which file and line it came from' },
    { name: 'output', short: 'o', value: 'FORMAT', choices: ['yaml', 'json'], summary: 'yaml (the default) or json' },
    { name: 'plan', summary: 'print the plan (stages, jobs, steps with every default) as JSON' },
  ],
  examples: [
    { line: 'millrace expand azure-pipelines.yml -p environment=test', says: 'the YAML for that parameter' },
    { line: 'millrace expand --at Train/eu --source-map', says: 'one job, and where each of its lines was written' },
    { line: 'millrace expand --plan | jq .stages', says: 'the plan' },
  ],
  async run(parsed, io) {
    const withSources = flag(parsed, 'source-map');
    const at = value(parsed, 'at');
    const asJson = value(parsed, 'output') === 'json';
    if (flag(parsed, 'plan') && (withSources || at !== undefined || parsed.values.has('output')))
      throw new UsageError('--plan prints the whole plan as JSON; leave --at, --source-map and -o out', 'expand');
    const trace = withSources || at !== undefined;
    const { pipeline, result, diagnostics, repositories } = await compilePipeline(parsed, io, 'expand', { trace });
    await reportDiagnostics(
      io,
      pipeline.directory,
      [...diagnostics, ...result.warnings.filter(isUnbuilt)],
      repositories.fileOf,
    );
    if (result.plan === undefined || result.diagnostics.some((one) => one.severity === 'error')) return exitCode.usage;
    const print = (data: unknown) => io.stdout.write(`${JSON.stringify(data, null, 2)}\n`);
    if (flag(parsed, 'plan')) {
      print(result.plan);
      return exitCode.succeeded;
    }
    const part = at === undefined ? undefined : partArgument(result.expanded!, result.plan, at, 'expand');
    if (withSources) {
      const folders = { cwd: io.cwd, directory: pipeline.directory, elsewhere: repositories.fileOf };
      const lines = sourceMap(result.expanded!, part);
      if (asJson) print({ lines });
      else io.stdout.write(annotated(lines, folders, createStyle(wantsColour(io.stdout, io.env))));
      return exitCode.succeeded;
    }
    const { yaml, data } = whatToPrint(result, part);
    if (asJson) print(data);
    else io.stdout.write(withNewline(yaml));
    return exitCode.succeeded;
  },
};

function whatToPrint(result: CompileResult, part: Part | undefined): { yaml: string; data: unknown } {
  if (!part) return { yaml: result.finalYaml ?? '', data: result.finalData };
  const found = partYaml(part);
  if (!found) throw new UsageError(`'${part.path}' is a step that no one wrote: every job begins with it`, 'expand');
  return found;
}

/** The lines with their sources in a column of their own in front. */
function annotated(lines: readonly SourceLine[], folders: SourceFolders, style: Style): string {
  const places = lines.map(({ source }) => `${fileFromHere(folders, source.file)}:${source.line}`);
  const width = Math.max(0, ...places.map((place) => place.length));
  return lines
    .map(({ text }, index) => `${style.dim(places[index]!.padEnd(width))}  ${text}`.trimEnd())
    .map((line) => `${line}\n`)
    .join('');
}

function withNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
