import type { Command } from '../../../command.ts';
import { fileArgument, nameArgument } from '../../../shared-arguments.ts';
import { versionArgument } from '../asset/asset-api.ts';
import { assetScope } from '../asset/asset-scope.ts';
import { notImplementedHere } from '../not-implemented.ts';

export const command: Command = {
  name: 'ml model package',
  summary: 'Package a model into an environment. Not implemented.',
  arguments: [
    ...assetScope,
    nameArgument('model'),
    { ...versionArgument('model'), required: true },
    { ...fileArgument('model package'), required: true },
  ],
  async run() {
    throw notImplementedHere('packages of models');
  },
};
