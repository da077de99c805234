import { type CompileResult, compile } from '../language/index.ts';
import { values } from './arguments.ts';
import type { Arguments, OptionDefinition } from './command.ts';
import { diskFiles } from './disk-files.ts';
import type { CliIo } from './io.ts';
import { groupValues, nameValues } from './name-values.ts';
import { findPipelineFile, type PipelineFile } from './pipeline-file.ts';
import { type OpenRepositories, openRepositories, repositoryPlaces } from './repository-places.ts';

/** The values of variable groups: a run needs them, expansion never looks into a group. */
export const groupOption: OptionDefinition = {
  name: 'group',
  value: 'GROUP:NAME=VALUE',
  repeatable: true,
  summary: "set a variable group's value",
};

/** Where the repositories are that a pipeline declares: for its templates, and for checkouts. */
export const repositoryOption: OptionDefinition = {
  name: 'repository',
  value: 'NAME[@REF]=DIR',
  repeatable: true,
  summary: 'the folder of a repository that the pipeline declares',
};

/** What `validate` and `expand` take besides the file. */
export const compileOptions: readonly OptionDefinition[] = [
  { name: 'parameter', short: 'p', value: 'NAME=VALUE', repeatable: true, summary: 'set a template parameter' },
  { name: 'variable', short: 'v', value: 'NAME=VALUE', repeatable: true, summary: 'set a variable, as at queue time' },
  groupOption,
  repositoryOption,
];

/**
 * Compiles the pipeline that a command's arguments name, on this machine, without a server.
 * @param settings `trace`: keep how each part came about
 * @throws UsageError when there is no such file
 */
export async function compilePipeline(
  parsed: Arguments,
  io: CliIo,
  command: string,
  settings: { readonly trace?: boolean } = {},
): Promise<{
  readonly pipeline: PipelineFile;
  readonly result: CompileResult;
  /** Where the files of other repositories are. */
  readonly repositories: OpenRepositories;
}> {
  const pipeline = findPipelineFile(io.cwd, parsed.positionals[0], command);
  groupValues(values(parsed, 'group'));
  const variables = nameValues('variable', values(parsed, 'variable'));
  const repositories = await openRepositories(repositoryPlaces(values(parsed, 'repository'), io.cwd));
  const result = await compile({
    file: `/${pipeline.file}`,
    files: { ...diskFiles(pipeline.directory), repository: repositories.find },
    parameters: nameValues('parameter', values(parsed, 'parameter')),
    variables: Object.fromEntries(Object.entries(variables).map(([name, text]) => [name, { value: text }])),
    tasks: await io.host.tasks(),
    acceptUnbuilt: true,
    ...settings,
  });
  return { pipeline, result, repositories };
}
