import { explain as explainPart, listParts, type Part } from '../../language/index.ts';
import { flag, value, values } from '../arguments.ts';
import type { CommandDefinition } from '../command.ts';
import { compilePipeline } from '../compile-pipeline.ts';
import { exitCode } from '../exit-code.ts';
import type { CliIo } from '../io.ts';
import { groupValues, nameValues } from '../name-values.ts';
import { compileOptions } from '../pipeline-options.ts';
import { atOption, partArgument } from '../pipeline-part.ts';
import { reportDiagnostics } from '../pipeline-report.ts';
import { fileFromHere, type SourceFolders, textOfSource } from '../source-place.ts';
import { explanationText, type Places } from '../view/explanation-text.ts';
import { createStyle, wantsColour } from '../view/style.ts';

export const explain: CommandDefinition = {
  name: 'explain',
  summary: 'Say why a stage, job or step came out as it did',
  description:
    'Which template, condition and loop brought it in, and what each expression in its condition, name and inputs evaluated to, part by part. Without --at it lists what there is. Needs no server.',
  positionals: [{ name: 'FILE', summary: 'the pipeline; azure-pipelines.yml when not given', required: false }],
  options: [...compileOptions, atOption, { name: 'json', summary: 'print JSON' }],
  examples: [
    { line: 'millrace explain --at Train/eu/publish', says: 'one step' },
    { line: 'millrace explain ci/train.yml -p region=eu --at Wait', says: 'a job of a pipeline without stages' },
  ],
  async run(parsed, io) {
    const { pipeline, result, repositories } = await compilePipeline(parsed, io, 'explain', { trace: true });
    await reportDiagnostics(io, pipeline.directory, [...result.diagnostics, ...result.warnings], repositories.fileOf);
    const { plan, expanded } = result;
    if (!plan || !expanded || result.diagnostics.some((one) => one.severity === 'error')) return exitCode.usage;
    const at = value(parsed, 'at');
    if (at === undefined) {
      printParts(io, listParts(expanded, plan), flag(parsed, 'json'));
      return exitCode.succeeded;
    }
    const part = partArgument(expanded, plan, at, 'explain');
    const variables = nameValues('variable', values(parsed, 'variable'));
    const explanation = explainPart(plan, part, {
      variables: Object.fromEntries(Object.entries(variables).map(([name, text]) => [name, { value: text }])),
      groups: groupValues(values(parsed, 'group')),
    });
    if (flag(parsed, 'json')) io.stdout.write(`${JSON.stringify(explanation, null, 2)}\n`);
    else {
      const style = createStyle(wantsColour(io.stdout, io.env));
      const folders = { cwd: io.cwd, directory: pipeline.directory, elsewhere: repositories.fileOf };
      const { place } = explanation;
      const quoted = place && (await textOfSource(folders, place.file));
      const places = placesIn(folders, place?.file, quoted);
      io.stdout.write(explanationText(explanation, style, places));
    }
    return exitCode.succeeded;
  },
};

/** What `--at` may name: a line each. */
function printParts(io: CliIo, parts: readonly Part[], asJson: boolean): void {
  const rows = parts.map(({ path, stage, job, step }) => {
    const kind = step ? 'step' : job ? 'job' : 'stage';
    return { path, kind, displayName: (step ?? job ?? stage).displayName ?? '' };
  });
  if (asJson) {
    io.stdout.write(`${JSON.stringify({ parts: rows }, null, 2)}\n`);
    return;
  }
  const width = Math.max(0, ...rows.map(({ path }) => path.length));
  for (const { path, displayName } of rows) io.stdout.write(`${`${path.padEnd(width)}  ${displayName}`.trimEnd()}\n`);
  io.stderr.write('Name one of these: millrace explain --at PATH\n');
}

/** How places are named here, with the lines of the one file that is quoted. */
function placesIn(folders: SourceFolders, quoted: string | undefined, text: string | undefined): Places {
  const lines = text?.split(/\r\n|\n|\r/) ?? [];
  return {
    name(place) {
      const file = place.file === '' ? '' : fileFromHere(folders, place.file);
      return 'line' in place ? `${file}:${place.line}:${place.column}` : file;
    },
    line: (place) => (place.file === quoted ? lines[place.line - 1] : undefined),
  };
}
