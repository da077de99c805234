import { compact } from '../entity.ts';
import { textMap } from '../job/wire-words.ts';
import { any, oneOf, type Shape, shaped, text, texts, word } from '../load/shape.ts';
import { isMap, pythonText, type YamlMap, type YamlValue } from '../load/yaml-value.ts';
import { DATASTORE_TYPES } from './datastore-entity.ts';

const principal: Shape = {
  tenant_id: text,
  client_id: text,
  client_secret: text,
  resource_url: text,
  authority_url: text,
};
const COMMON: Shape = {
  name: text,
  'type!': word(...Object.values(DATASTORE_TYPES)),
  description: text,
  tags: texts,
  properties: texts,
  // Of a dump alone.
  id: text,
};
const STORAGE: Shape = { 'account_name!': text, endpoint: text, protocol: word('https', 'http', 'wasbs', 'abfss') };
const keyOrToken = shaped({ account_key: text, sas_token: text });

/** What a YAML file of each type of datastore may hold (documented schemas). */
const SHAPES: Readonly<Record<string, Shape>> = {
  azure_blob: {
    ...COMMON,
    ...STORAGE,
    'container_name!': text,
    credentials: shaped({ account_key: text, sas_token: text, ...principal }),
  },
  azure_file: { ...COMMON, ...STORAGE, 'file_share_name!': text, credentials: keyOrToken },
  azure_data_lake_gen1: { ...COMMON, 'store_name!': text, credentials: shaped(principal) },
  azure_data_lake_gen2: { ...COMMON, ...STORAGE, 'filesystem!': text, credentials: shaped(principal) },
  one_lake: {
    ...COMMON,
    'one_lake_workspace_name!': text,
    'artifact!': shaped({ 'name!': text, 'type!': word('lake_house') }),
    endpoint: text,
    credentials: shaped(principal),
  },
};

const typeOf = (data: YamlMap) => pythonText(data['type'] ?? '').toLowerCase();

/** The shape for what a mapping says it is; an unknown type is judged by the key that tells it. */
export const datastoreShape = (data: YamlMap): Shape =>
  SHAPES[typeOf(data)] ?? {
    ...Object.fromEntries(Object.keys(data).map((key) => [key, any])),
    'type!': oneOf(word(...Object.keys(SHAPES))),
  };

const TEXTS: Readonly<Record<string, string>> = {
  description: 'description',
  account_name: 'accountName',
  container_name: 'containerName',
  file_share_name: 'fileShareName',
  filesystem: 'filesystem',
  store_name: 'storeName',
  one_lake_workspace_name: 'oneLakeWorkspaceName',
};

/** A datastore's properties on the wire. */
export function datastoreToWire(data: YamlMap): Record<string, unknown> {
  const type = Object.entries(DATASTORE_TYPES).find(([, yaml]) => yaml === typeOf(data))?.[0];
  const artifact = isMap(data['artifact']) ? data['artifact'] : undefined;
  const storage = 'account_name!' in (SHAPES[typeOf(data)] ?? {});
  return compact({
    datastoreType: type,
    ...Object.fromEntries(
      Object.entries(TEXTS).flatMap(([key, wire]) => (data[key] ? [[wire, pythonText(data[key])]] : [])),
    ),
    tags: isMap(data['tags']) ? textMap(data['tags']) : undefined,
    properties: isMap(data['properties']) ? textMap(data['properties']) : undefined,
    artifact: artifact && { artifactType: 'LakeHouse', artifactName: pythonText(artifact['name']) },
    endpoint: storage ? pythonText(data['endpoint'] ?? 'core.windows.net') : data['endpoint'],
    protocol: storage ? pythonText(data['protocol'] ?? 'https') : undefined,
    credentials: credentialsToWire(data['credentials']),
  });
}

function credentialsToWire(value: YamlValue | undefined): Record<string, unknown> {
  if (!isMap(value)) return { credentialsType: 'None' };
  const text = (key: string) => (value[key] === undefined || value[key] === null ? undefined : pythonText(value[key]));
  if (value['account_key'])
    return { credentialsType: 'AccountKey', secrets: { secretsType: 'AccountKey', key: text('account_key') } };
  if (value['sas_token'])
    return { credentialsType: 'Sas', secrets: { secretsType: 'Sas', sasToken: text('sas_token') } };
  if (value['client_secret'] || value['client_id'])
    return compact({
      credentialsType: 'ServicePrincipal',
      tenantId: text('tenant_id'),
      clientId: text('client_id'),
      resourceUrl: text('resource_url'),
      authorityUrl: text('authority_url'),
      secrets: { secretsType: 'ServicePrincipal', clientSecret: text('client_secret') },
    });
  return { credentialsType: 'None' };
}
