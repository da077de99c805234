import { type Explanation, explain as explainPart, listParts } from '../../language/index.ts';
import { flag, UsageError, value, values } from '../arguments.ts';
import { getExplanation } from '../client/runs.ts';
import type { Arguments, CommandDefinition } from '../command.ts';
import { compilePipeline } from '../compile-pipeline.ts';
import { exitCode } from '../exit-code.ts';
import type { CliIo } from '../io.ts';
import { groupValues, nameValues } from '../name-values.ts';
import { compileOptions } from '../pipeline-options.ts';
import { atOption, partArgument, unknownPart } from '../pipeline-part.ts';
import { isUnbuilt, reportDiagnostics } from '../pipeline-report.ts';
import { runIdArgument } from '../run-argument.ts';
import { fileFromHere, type SourceFolders, textOfSource } from '../source-place.ts';
import { explanationText } from '../view/explanation-text.ts';
import { createStyle, wantsColour } from '../view/style.ts';
import { withServer } from '../with-server.ts';

export const explain: CommandDefinition = {
  name: 'explain',
  summary: 'Say why a stage, job or step came out as it did',
  description:
    'Which template, condition and loop brought it in, and what each expression in its condition, name and inputs evaluated to, part by part. Without --at it lists what there is. With --run it says it of a run, with the values of that run and from the files as they were; without, it needs no server.',
  positionals: [{ name: 'FILE', summary: 'the pipeline; azure-pipelines.yml when not given', required: false }],
  options: [
    ...compileOptions,
    atOption,
    { name: 'run', value: 'RUN', summary: "the run's number: explain what it did" },
    { name: 'json', summary: 'print JSON' },
  ],
  examples: [
    { line: 'millrace explain --at Train/eu/publish', says: 'one step' },
    { line: 'millrace explain ci/train.yml -p region=eu --at Wait', says: 'a job of a pipeline without stages' },
    { line: 'millrace explain --run 3 --at Wait', says: 'why the job Wait of run 3 ran, or did not' },
  ],
  run: (parsed, io) => (parsed.values.has('run') ? explainRun(parsed, io) : explainFile(parsed, io)),
};

async function explainFile(parsed: Arguments, io: CliIo): Promise<number> {
  const { pipeline, result, diagnostics, repositories } = await compilePipeline(parsed, io, 'explain', { trace: true });
  const folders = { cwd: io.cwd, directory: pipeline.directory, elsewhere: repositories.fileOf };
  await reportDiagnostics(
    io,
    pipeline.directory,
    [...diagnostics, ...result.warnings.filter(isUnbuilt)],
    repositories.fileOf,
  );
  const { plan, expanded } = result;
  if (!plan || !expanded || result.diagnostics.some((one) => one.severity === 'error')) return exitCode.usage;
  const at = value(parsed, 'at');
  if (at === undefined) {
    const parts = listParts(expanded, plan).map(({ path, stage, job, step }) => ({
      path,
      displayName: (step ?? job ?? stage).displayName ?? '',
    }));
    return printParts(io, parts, flag(parsed, 'json'));
  }
  const part = partArgument(expanded, plan, at, 'explain');
  const variables = nameValues('variable', values(parsed, 'variable'));
  const explanation = explainPart(plan, part, {
    variables: Object.fromEntries(Object.entries(variables).map(([name, text]) => [name, { value: text }])),
    groups: groupValues(values(parsed, 'group')),
  });
  const { place } = explanation;
  const text = place && (await textOfSource(folders, place.file));
  return printExplanation(io, explanation, folders, place && text?.split(/\r\n|\n|\r/)[place.line - 1], parsed);
}

async function explainRun(parsed: Arguments, io: CliIo): Promise<number> {
  const superfluous = compileOptions.find(({ name }) => parsed.values.has(name))?.name;
  if (superfluous !== undefined || parsed.positionals.length > 0)
    throw new UsageError(
      `a run has its file and its values: leave ${superfluous === undefined ? parsed.positionals[0] : `--${superfluous}`} out`,
      'explain',
    );
  const id = runIdArgument(value(parsed, 'run'), 'explain');
  return await withServer(io, async (client) => {
    const { directory, parts, unknown, explanation, line } = await getExplanation(client, id, value(parsed, 'at'));
    if (unknown) throw new UsageError(unknownPart(unknown), 'explain');
    if (!explanation) return printParts(io, parts ?? [], flag(parsed, 'json'));
    return printExplanation(io, explanation, { cwd: io.cwd, directory }, line, parsed);
  });
}

/** @param line the text of the line in which the part is written */
function printExplanation(
  io: CliIo,
  explanation: Explanation,
  folders: SourceFolders,
  line: string | undefined,
  parsed: Arguments,
): number {
  if (flag(parsed, 'json')) io.stdout.write(`${JSON.stringify(explanation, null, 2)}\n`);
  else {
    const style = createStyle(wantsColour(io.stdout, io.env));
    io.stdout.write(explanationText(explanation, line, style, (file) => fileFromHere(folders, file)));
  }
  return exitCode.succeeded;
}

/** What `--at` may name: a line each. */
function printParts(
  io: CliIo,
  parts: readonly { readonly path: string; readonly displayName: string }[],
  asJson: boolean,
): number {
  if (asJson) {
    io.stdout.write(`${JSON.stringify({ parts }, null, 2)}\n`);
    return exitCode.succeeded;
  }
  const width = Math.max(0, ...parts.map(({ path }) => path.length));
  for (const { path, displayName } of parts) io.stdout.write(`${`${path.padEnd(width)}  ${displayName}`.trimEnd()}\n`);
  io.stderr.write('Name one of these: millrace explain --at PATH\n');
  return exitCode.succeeded;
}
