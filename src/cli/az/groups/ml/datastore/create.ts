import type { Command } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { fileArgument, nameArgument, setArgument } from '../../../shared-arguments.ts';
import { readAssetSource, requireName } from '../asset/asset-file.ts';
import { withResourceGroups } from '../entity.ts';
import { textMap } from '../job/wire-words.ts';
import { isMap, pythonText, type YamlMap } from '../load/yaml-value.ts';
import { ASSET_API } from '../references.ts';
import { openWorkspace, segment, workspaceArguments } from '../workspace/scope.ts';
import { DATASTORE_TYPES, datastoreEntity } from './datastore-entity.ts';
import type { DatastoreResource } from './storage.ts';

const KEYS = [
  'name',
  'type',
  'description',
  'tags',
  'properties',
  'account_name',
  'container_name',
  'file_share_name',
  'filesystem',
  'store_name',
  'endpoint',
  'protocol',
  'credentials',
  'id',
];

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
    const source = readAssetSource(args, context.io.cwd, 'datastore', KEYS, {});
    const { data, file } = source;
    const name = requireName(source, 'datastore');
    const word = pythonText(data['type'] ?? '').toLowerCase();
    const type = Object.entries(DATASTORE_TYPES).find(([, yaml]) => yaml === word)?.[0];
    if (!type) throw commandError(`${file}: type: '${word}' is none of ${Object.values(DATASTORE_TYPES).join(', ')}.`);
    const workspace = await openWorkspace(context, args);
    const text = (key: string, wire: string) => (data[key] ? { [wire]: pythonText(data[key]) } : {});
    const created = await workspace.arm.json<DatastoreResource>({
      method: 'PUT',
      path: workspace.path(`/datastores/${segment(name)}`),
      apiVersion: ASSET_API.datastores,
      query: { skipValidation: 'true' },
      body: {
        properties: {
          datastoreType: type,
          ...text('description', 'description'),
          ...(isMap(data['tags']) ? { tags: textMap(data['tags']) } : {}),
          ...text('account_name', 'accountName'),
          ...text('container_name', 'containerName'),
          ...text('file_share_name', 'fileShareName'),
          ...text('filesystem', 'filesystem'),
          ...text('store_name', 'storeName'),
          endpoint: pythonText(data['endpoint'] ?? 'core.windows.net'),
          protocol: pythonText(data['protocol'] ?? 'https'),
          credentials: credentialsToWire(data['credentials'], file),
        },
      },
    });
    return withResourceGroups(datastoreEntity(created));
  },
};

function credentialsToWire(value: YamlMap[string] | undefined, file: string): Record<string, unknown> {
  if (value === undefined || value === null || (isMap(value) && Object.keys(value).length === 0))
    return { credentialsType: 'None' };
  if (!isMap(value)) throw commandError(`${file}: credentials: not a mapping.`);
  const text = (key: string) => pythonText(value[key] ?? '');
  if (value['account_key'])
    return { credentialsType: 'AccountKey', secrets: { secretsType: 'AccountKey', key: text('account_key') } };
  if (value['sas_token'])
    return { credentialsType: 'Sas', secrets: { secretsType: 'Sas', sasToken: text('sas_token') } };
  if (value['client_secret']) {
    return {
      credentialsType: 'ServicePrincipal',
      tenantId: text('tenant_id'),
      clientId: text('client_id'),
      secrets: { secretsType: 'ServicePrincipal', clientSecret: text('client_secret') },
    };
  }
  throw commandError(
    `${file}: credentials: give account_key, sas_token, or tenant_id with client_id and client_secret.`,
  );
}
