import type { Argument } from './command.ts';

// Arguments that many commands take, each said once. `what` is the thing that a command is about, as its help names it.

/** `--file`: what a `create` is made of. */
export const fileArgument = (what: string): Argument => ({
  name: 'file',
  options: ['--file', '-f'],
  kind: 'value',
  literal: true,
  help: `Local path to the YAML file containing the ${what} specification.`,
});

export const setArgument: Argument = {
  name: 'set',
  options: ['--set'],
  kind: 'pairs',
  literal: true,
  help: 'Update an object by specifying a property path and value to set. Example: --set property1.property2=value.',
};

export const nameArgument = (what: string, required = true): Argument => ({
  name: 'name',
  options: ['--name', '-n'],
  kind: 'value',
  required,
  help: `Name of the ${what}.`,
});

export const descriptionArgument = (what: string): Argument => ({
  name: 'description',
  options: ['--description'],
  kind: 'value',
  help: `Description of the ${what}.`,
});

export const tagsArgument = (what: string): Argument => ({
  name: 'tags',
  options: ['--tags'],
  kind: 'pairs',
  help: `Space-separated key-value pairs for the tags of the ${what}.`,
});

/** `--path`: what is uploaded or pointed to. */
export const pathArgument = (help: string): Argument => ({
  name: 'path',
  options: ['--path', '-p'],
  kind: 'value',
  literal: true,
  help,
});

export const datastoreArgument: Argument = {
  name: 'datastore',
  options: ['--datastore'],
  kind: 'value',
  help: 'The datastore to upload the local artifact to.',
};

export const locationArgument = (help: string): Argument => ({
  name: 'location',
  options: ['--location', '-l'],
  kind: 'value',
  configured: 'location',
  help,
});

export const yesArgument: Argument = {
  name: 'yes',
  options: ['--yes', '-y'],
  kind: 'flag',
  help: 'Do not prompt for confirmation.',
};

export const noWaitArgument: Argument = {
  name: 'no_wait',
  options: ['--no-wait'],
  kind: 'flag',
  help: 'Do not wait for the long-running operation to finish.',
};
