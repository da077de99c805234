import { type CompileResult, compile, type Diagnostic, unusedForRepositories } from '../language/index.ts';
import { UsageError, values } from './arguments.ts';
import type { Arguments } from './command.ts';
import { diskFiles } from './disk-files.ts';
import type { CliIo } from './io.ts';
import { groupValues, nameValues } from './name-values.ts';
import { type OpenRepositories, openRepositories } from './open-repositories.ts';
import { findPipelineFile, type PipelineFile } from './pipeline-file.ts';
import { repositoryPlaces } from './repository-places.ts';

/**
 * Compiles the pipeline that a command's arguments name, on this machine, without a server.
 * @param settings `trace`: keep how each part came about
 * @throws UsageError when there is no such file, and for a `--repository` that the pipeline doesn't declare
 */
export async function compilePipeline(
  parsed: Arguments,
  io: CliIo,
  command: string,
  settings: { readonly trace?: boolean } = {},
): Promise<{
  readonly pipeline: PipelineFile;
  readonly result: CompileResult;
  /** The result's, each with the next step that a person at this machine may take. */
  readonly diagnostics: readonly Diagnostic[];
  /** Where the files of other repositories are. */
  readonly repositories: OpenRepositories;
}> {
  const pipeline = findPipelineFile(io.cwd, parsed.positionals[0], command);
  groupValues(values(parsed, 'group'));
  const variables = nameValues('variable', values(parsed, 'variable'));
  const places = repositoryPlaces(values(parsed, 'repository'), io.cwd);
  const repositories = await openRepositories(places, pipeline.directory);
  const result = await compile({
    file: `/${pipeline.file}`,
    files: { ...diskFiles(pipeline.directory), repository: repositories.find },
    parameters: nameValues('parameter', values(parsed, 'parameter')),
    variables: Object.fromEntries(Object.entries(variables).map(([name, text]) => [name, { value: text }])),
    tasks: await io.host.tasks(),
    acceptUnbuilt: true,
    ...settings,
  });
  const unused = result.plan && unusedForRepositories(places, result.plan);
  if (unused !== undefined) throw new UsageError(`--repository: ${unused}`, command);
  return { pipeline, result, diagnostics: result.diagnostics.map(repositories.advise), repositories };
}
