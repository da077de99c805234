import { flag, value, values } from '../arguments.ts';
import type { LocalRunRequest } from '../client/runs.ts';
import type { Arguments, CommandDefinition } from '../command.ts';
import type { CliIo } from '../io.ts';
import { groupValues, nameValues, secretValues } from '../name-values.ts';
import { findPipelineFile, type PipelineFile } from '../pipeline-file.ts';
import { groupOption, repositoryOption } from '../pipeline-options.ts';
import { repositoryPlaces } from '../repository-places.ts';
import { runPipeline } from '../run-pipeline.ts';

/** The options that `run` and `demo` share. */
export const runOptions: CommandDefinition['options'] = [
  { name: 'variable', short: 'v', value: 'NAME=VALUE', repeatable: true, summary: 'set a variable for this run' },
  {
    name: 'parameter',
    short: 'p',
    value: 'NAME=VALUE',
    repeatable: true,
    summary: 'set a template parameter; lists and objects as YAML',
  },
  {
    name: 'secret',
    value: 'NAME[=VALUE]',
    repeatable: true,
    summary: "set a secret variable; without a value, the environment variable's of that name",
  },
  groupOption,
  repositoryOption,
  { name: 'stage', value: 'NAME', repeatable: true, summary: 'run this stage only' },
  { name: 'job', value: 'NAME', repeatable: true, summary: 'run this job only' },
  { name: 'strict', summary: 'fail where Azure would: make nothing that the pipeline names and is not there' },
  {
    name: 'az',
    value: 'WHICH',
    choices: ['embedded', 'real'],
    summary: "embedded (default) or real: the machine's own az",
  },
  { name: 'clean-checkout', summary: 'check out the last commit, not the files as they are on disk' },
  { name: 'json', summary: 'print the finished run as JSON on standard output' },
];

export const run: CommandDefinition = {
  name: 'run',
  summary: 'Run a pipeline of this directory and watch it',
  description:
    'The directory is the repository: tracked files as they are on disk, and untracked ones that git does not ignore.\nCtrl-C cancels the run and waits for its end; a second one leaves at once.',
  positionals: [{ name: 'FILE', summary: 'the pipeline; azure-pipelines.yml when not given', required: false }],
  options: runOptions,
  examples: [
    { line: 'millrace run', says: 'runs azure-pipelines.yml of this directory' },
    { line: 'millrace run ci/train.yml --variable workspace=dev-ws', says: 'another file, with a variable' },
    { line: 'millrace run --secret API_KEY', says: 'a secret variable with the value of $API_KEY' },
    { line: 'millrace run --json 2>/dev/null | jq .result', says: 'for a script' },
  ],
  async run(parsed, io) {
    const pipeline = findPipelineFile(io.cwd, parsed.positionals[0], 'run');
    return await runPipeline(io, {
      request: localRunRequest(pipeline, parsed, io),
      json: flag(parsed, 'json'),
      next: (made) => `Next: millrace runs logs ${made.id} · millrace up keeps a server running`,
    });
  },
};

/** What is asked of the server for a pipeline file and the options given. @throws UsageError */
export function localRunRequest(pipeline: PipelineFile, parsed: Arguments, io: CliIo): LocalRunRequest {
  const plain = nameValues('variable', values(parsed, 'variable'));
  const secret = secretValues(values(parsed, 'secret'), io.env);
  const stages = values(parsed, 'stage');
  const jobs = values(parsed, 'job');
  return {
    directory: pipeline.directory,
    file: pipeline.file,
    variables: {
      ...Object.fromEntries(Object.entries(plain).map(([name, text]) => [name, { value: text, isSecret: false }])),
      ...Object.fromEntries(Object.entries(secret).map(([name, text]) => [name, { value: text, isSecret: true }])),
    },
    groups: groupValues(values(parsed, 'group')),
    repositories: repositoryPlaces(values(parsed, 'repository'), io.cwd),
    templateParameters: nameValues('parameter', values(parsed, 'parameter')),
    ...(stages.length > 0 ? { stages } : {}),
    ...(jobs.length > 0 ? { jobs } : {}),
    strict: flag(parsed, 'strict'),
    cleanCheckout: flag(parsed, 'clean-checkout'),
    az: value(parsed, 'az') === 'real' ? 'real' : 'embedded',
  };
}
