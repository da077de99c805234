// Apart from the compiler that most of them are for: `run` has the server compile, and starts sooner without one of its own.
import type { OptionDefinition } from './command.ts';

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
