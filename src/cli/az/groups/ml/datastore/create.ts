import type { Command } from '../../../command.ts';
import { fileArgument, nameArgument, setArgument } from '../../../shared-arguments.ts';
import { readAssetSource, requireName } from '../asset/asset-file.ts';
import { openWorkspace, workspaceArguments } from '../workspace/scope.ts';
import { datastoreShape, datastoreToWire } from './datastore-file.ts';
import { putDatastore } from './put-datastore.ts';

export const command: Command = {
  name: 'ml datastore create',
  summary: 'Create a datastore.',
  arguments: [
    ...workspaceArguments,
    { ...fileArgument('datastore'), required: true },
    nameArgument('datastore', false),
    setArgument,
  ],
  async run(context, args) {
    const source = readAssetSource(args, context.io.cwd, 'datastore', datastoreShape, {});
    const name = requireName(source, 'datastore');
    return putDatastore(await openWorkspace(context, args), name, datastoreToWire(source.data));
  },
};
