import type { Command } from '../../../command.ts';
import { usageError } from '../../../errors.ts';
import { fileArgument, nameArgument } from '../../../shared-arguments.ts';
import { checkYaml } from '../load/check-yaml.ts';
import { applyUpdates, updateArguments } from '../load/generic-update.ts';
import { loadYamlFile } from '../load/yaml-file.ts';
import { isMap, pythonText, type YamlMap } from '../load/yaml-value.ts';
import { ASSET_API } from '../references.ts';
import { openWorkspace, segment, type Workspace, workspaceArguments } from '../workspace/scope.ts';
import { datastoreEntity } from './datastore-entity.ts';
import { datastoreShape, datastoreToWire } from './datastore-file.ts';
import { putDatastore } from './put-datastore.ts';
import type { DatastoreResource } from './storage.ts';

export const command: Command = {
  name: 'ml datastore update',
  summary: 'Update a datastore.',
  description:
    'Changes the datastore of a file, or the one that is there. Its credentials stay unless new ones are given.',
  arguments: [...workspaceArguments, fileArgument('datastore'), nameArgument('datastore', false), ...updateArguments],
  async run(context, args) {
    const path = args.text('file');
    const file = path === undefined ? undefined : loadYamlFile(path, context.io.cwd, 'datastore').data;
    const named = args.text('name') ?? (file?.['name'] ? pythonText(file['name']) : undefined);
    if (named === undefined)
      throw usageError('the following arguments are required: --name/-n (or name in the YAML file)');
    const workspace = await openWorkspace(context, args);
    const current = file ? undefined : await read(workspace, named);
    const data = applyUpdates(file ?? datastoreEntity(current as DatastoreResource), args) as YamlMap;
    checkYaml(data, datastoreShape(data), named, 'datastore');
    const wire = datastoreToWire(data);
    const credentials = isMap(data['credentials']) ? data['credentials'] : {};
    const renewed = ['account_key', 'sas_token', 'client_secret'].some((key) => credentials[key]);
    return putDatastore(workspace, named, {
      ...wire,
      ...(current && !renewed ? { credentials: await kept(workspace, named, current) } : {}),
    });
  },
};

function read(workspace: Workspace, name: string): Promise<DatastoreResource> {
  const path = workspace.path(`/datastores/${segment(name)}`);
  return workspace.arm.json<DatastoreResource>({ path, apiVersion: ASSET_API.datastores });
}

/** The credentials of a datastore with their secrets, which a put must carry to keep them. */
async function kept(workspace: Workspace, name: string, current: DatastoreResource): Promise<unknown> {
  const credentials = current.properties.credentials ?? { credentialsType: 'None' };
  if (credentials.credentialsType === 'None') return credentials;
  const secrets = await workspace.arm.json<Record<string, unknown>>({
    method: 'POST',
    path: workspace.path(`/datastores/${segment(name)}/listSecrets`),
    apiVersion: ASSET_API.datastores,
    repeatable: true,
  });
  return { ...credentials, secrets };
}
