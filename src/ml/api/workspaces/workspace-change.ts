import { invalid, notImplemented } from '../../../kernel/errors.ts';
import { type ArmContext, PROVIDER } from '../../arm/context.ts';
import { readOutboundRule } from '../../arm/outbound-rule.ts';
import { locationOf } from '../../locations.ts';
import { fieldOf, flagField, isObject, type Json, objectField, textField, textsField } from '../../wire-fields.ts';
import type { WorkspaceChange, WorkspaceRecord } from '../../workspaces.ts';

/** What the service says of a workspace and takes from nobody. */
const READ_ONLY = new Set([
  'workspaceid',
  'discoveryurl',
  'mlflowtrackinguri',
  'provisioningstate',
  'tenantid',
  'creationtime',
  'notebookinfo',
  'privateendpointconnections',
  'privatelinkcount',
  'serviceprovisionedresourcegroup',
  'storagehnsenabled',
]);

/** The clients' templates write these as texts. */
const FLAGS = new Set([
  'allowpublicaccesswhenbehindvnet',
  'allowroleassignmentonrg',
  'enabledataisolation',
  'hbiworkspace',
  'provisionnetworknow',
  'softdeleteenabled',
  'v1legacymode',
]);

/**
 * Reads a workspace that a client sends, whole or in part.
 * @param existing the one that is there: what it has and the request leaves out stays
 * @throws invalid for a storage account that isn't here, or that an existing workspace does not have
 */
export async function readWorkspaceChange(
  context: ArmContext,
  body: unknown,
  existing: WorkspaceRecord | undefined,
): Promise<WorkspaceChange> {
  const given = objectField(body, 'properties');
  const properties: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    const word = key.toLowerCase();
    if (
      READ_ONLY.has(word) ||
      isEmpty(value) ||
      word === 'allowrecoversoftdeletedworkspace' ||
      word === 'storageaccount'
    )
      continue;
    properties[key] = FLAGS.has(word) ? flagField(given, key) : value;
  }
  // A key that is switched off names no vault, and a store without a version of Spark has no settings: clients send both, empty.
  if (/^disabled$/i.test(textField(objectField(properties, 'encryption'), 'status') ?? ''))
    delete properties['encryption'];
  if (!textField(objectField(objectField(properties, 'featureStoreSettings'), 'computeRuntime'), 'sparkRuntimeVersion'))
    delete properties['featureStoreSettings'];
  if (properties['managedNetwork'] !== undefined)
    properties['managedNetwork'] = readNetwork(objectField(properties, 'managedNetwork'), existing);
  const storage = await readStorage(context, textField(given, 'storageAccount'), existing);
  const kind = textField(body, 'kind');
  const identity = await readIdentity(context, fieldOf(body, 'identity'));
  const location = locationOf(body);
  return {
    properties: { ...properties, ...storage?.properties },
    ...(storage ? { storageAccount: storage.name } : {}),
    ...(location === undefined ? {} : { location }),
    ...(fieldOf(body, 'tags') === undefined ? {} : { tags: textsField(body, 'tags') }),
    ...(kind === undefined ? {} : { kind }),
    ...(identity === undefined ? {} : { identity }),
    ...(flagField(given, 'allowRecoverSoftDeletedWorkspace') ? { recover: true } : {}),
  };
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.values(value).every(isEmpty);
}

/** Rules that the request names are added to those that are there; the other settings are the request's. */
function readNetwork(network: Json, existing: WorkspaceRecord | undefined): Json {
  const kept = objectField(existing?.properties, 'managedNetwork');
  const rules: Record<string, unknown> = { ...objectField(kept, 'outboundRules') };
  for (const [name, rule] of Object.entries(objectField(network, 'outboundRules')))
    if (isObject(rule)) rules[name] = readOutboundRule(name, rule);
  const { networkId: _ours, outboundRules: _read, ...settings } = network;
  return { ...kept, ...settings, outboundRules: rules };
}

/** The storage account that a new workspace is to use: one that is here, and that no other workspace uses. */
async function readStorage(
  context: ArmContext,
  id: string | undefined,
  existing: WorkspaceRecord | undefined,
): Promise<{ name: string; properties: Json } | undefined> {
  if (id === undefined || id === '') return undefined;
  const name = id.slice(id.lastIndexOf('/') + 1);
  if (existing) {
    if (name.toLowerCase() === existing.storageAccount) return undefined;
    throw invalid(
      `The storage account of workspace ${existing.name} is ${existing.storageAccount} and can't be changed to '${name.slice(0, 80)}'.`,
      { target: 'properties.storageAccount' },
    );
  }
  if (!/\/providers\/Microsoft\.Storage\/storageAccounts\/[^/]+$/i.test(id) || !(await context.resources.find(id)))
    throw invalid(
      `There is no storage account '${id.slice(0, 300)}' here. Make it by a PUT of that id, or leave storageAccount out: a workspace comes with one.`,
      { target: 'properties.storageAccount' },
    );
  const users = await context.store.read
    .selectFrom('ml_workspaces')
    .select('document')
    .where('document', 'like', `%"storageAccount":"${name.toLowerCase()}"%`)
    .execute();
  if (users.length > 0)
    throw notImplemented(
      `two workspaces on one storage account ('${name}' is that of ${(JSON.parse(users[0]?.document ?? '{}') as WorkspaceRecord).name}, which may be deleted and not yet purged)`,
    );
  return { name: name.toLowerCase(), properties: { storageAccount: id } };
}

const IDENTITIES = ['SystemAssigned', 'UserAssigned'];

/** A managed identity as the service shows it: with the principals of the users' identities that are here. @throws invalid for another type */
async function readIdentity(context: ArmContext, identity: unknown): Promise<Json | undefined> {
  if (identity === undefined) return undefined;
  const type = (textField(identity, 'type') ?? 'SystemAssigned').split(/\s*,\s*/).map((word) => {
    const known = [...IDENTITIES, 'None'].find((one) => one.toLowerCase() === word.toLowerCase());
    if (known) return known;
    throw invalid(`'${word.slice(0, 80)}' is no type of an identity: expected ${IDENTITIES.join(', ')} or None.`, {
      target: 'identity.type',
    });
  });
  const users: Record<string, Json> = {};
  for (const id of Object.keys(objectField(identity, 'userAssignedIdentities'))) {
    const known = (await context.resources.find(id))?.document['properties'];
    const [principalId, clientId] = [textField(known, 'principalId'), textField(known, 'clientId')];
    users[id] = principalId && clientId ? { principalId, clientId } : {};
  }
  return {
    type: type.join(','),
    ...(Object.keys(users).length > 0 ? { userAssignedIdentities: users } : {}),
  };
}

/** What a workspace's resource is called. */
export const WORKSPACE_TYPE = `${PROVIDER}/workspaces`;
