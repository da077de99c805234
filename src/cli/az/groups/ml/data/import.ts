import type { Command } from '../../../command.ts';
import {
  datastoreArgument,
  descriptionArgument,
  fileArgument,
  nameArgument,
  pathArgument,
  setArgument,
} from '../../../shared-arguments.ts';
import { versionArgument } from '../asset/asset-api.ts';
import { notImplementedHere } from '../not-implemented.ts';
import { workspaceArguments } from '../workspace/scope.ts';
import { DATA_TYPES } from './data-entity.ts';

export const command: Command = {
  name: 'ml data import',
  summary: 'Import data and create a data asset. Not implemented.',
  arguments: [
    ...workspaceArguments,
    fileArgument('Azure ML data'),
    nameArgument('data asset', false),
    versionArgument('data asset'),
    { ...descriptionArgument('data asset'), options: ['--description', '-d'] },
    { name: 'type', options: ['--type', '-t'], kind: 'value', choices: DATA_TYPES, help: 'Type of the data asset.' },
    pathArgument('Path to the data asset on cloud storage.'),
    datastoreArgument,
    {
      name: 'skip_validation',
      options: ['--skip-validation'],
      kind: 'flag',
      help: 'Skip validation of the compute of the import.',
    },
    setArgument,
  ],
  async run() {
    throw notImplementedHere('imports from databases and file systems. Files are taken by az ml data create');
  },
};
