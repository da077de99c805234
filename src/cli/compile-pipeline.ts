import { type CompileResult, compile } from '../language/index.ts';
import { values } from './arguments.ts';
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
