import type { FastifyInstance, FastifyRequest } from 'fastify';
import { forbidden, invalid, notFound } from '../../../kernel/errors.ts';
import {
  type ArmContext,
  callerName,
  checkName,
  PROVIDER,
  parameter,
  systemData,
  WORKSPACE,
  workspaceOf,
} from '../../arm/context.ts';
import { type DatastoreRecord, datastorePlace } from '../../datastores.ts';
import { linkFolder, localFolderOf, unlinkFolder } from '../../local-folder.ts';
import { workspaceResourceId } from '../../places.ts';
import type { Workspace } from '../../types.ts';
import { countField, fieldOf, flagField, type Json, objectField, textField } from '../../wire-fields.ts';
import { pageOfDatastores } from './list-datastores.ts';
import { readDatastore, secretOf } from './read-datastore.ts';

const DATASTORE = `${WORKSPACE}/datastores/:name`;
const SAS_HOURS = 24;

/** Datastores; their secrets come by listSecrets alone. */
export function addDatastoreRoutes(service: FastifyInstance, context: ArmContext): void {
  const { datastores } = context;
  const wire = (workspace: Workspace, store: DatastoreRecord) => {
    const { createdAt, createdBy, modifiedAt, modifiedBy, ...document } = store.document;
    const changed = textField({ modifiedAt }, 'modifiedAt');
    return {
      id: `${workspaceResourceId(workspace)}/datastores/${store.name}`,
      name: store.name,
      type: `${PROVIDER}/workspaces/datastores`,
      systemData: {
        ...systemData(String(createdAt ?? workspace.createdAt), String(createdBy ?? 'millrace'), changed),
        ...(modifiedBy === undefined ? {} : { lastModifiedBy: modifiedBy }),
      },
      properties: {
        description: null,
        tags: {},
        properties: null,
        resourceGroup: workspace.resourceGroup,
        subscriptionId: workspace.subscriptionId,
        ...document,
        isDefault: store.isDefault,
      },
    };
  };
  /** An account of this server has a key of its own, which nobody needs to bring. */
  const isHere = (document: Json) =>
    context.blobs.hosts(
      `${textField(document, 'accountName') ?? textField(document, 'storeName')}.blob.core.windows.net`,
    );
  /** A container that is a folder of this machine, where the datastore's endpoint says so. */
  const placeLocally = async (request: FastifyRequest, workspace: Workspace, name: string, document: Json) => {
    const folder = localFolderOf(textField(document, 'endpoint'));
    const before = await datastores.find(workspace.id, name);
    const previous = localFolderOf(textField(before?.document, 'endpoint'));
    if (folder === undefined) return leaveFolder(workspace, before);
    // Whoever reads a container reads the folder: only who may do all on this machine says which.
    if (request.principal.kind !== 'owner' && !context.provision.may(request))
      throw forbidden('Only clients of this machine make its folders datastores.');
    const place = datastorePlace(workspace, { name, isDefault: false, document });
    if (textField(document, 'datastoreType') !== 'AzureBlob' || !place)
      throw invalid('A folder of this machine is a datastore of the type AzureBlob.', {
        target: 'datastoreType',
        wire: 'UserError',
      });
    // From here on the account is one of this server.
    await context.blobs.accountKey(place.account);
    await linkFolder(context.blobs, place, folder, previous);
  };
  const leaveFolder = async (workspace: Workspace, before: DatastoreRecord | undefined) => {
    if (!before || localFolderOf(textField(before.document, 'endpoint')) === undefined) return;
    const place = datastorePlace(workspace, before);
    if (place && !(await datastores.isElsewhere(place, workspace.id, before.name)))
      await unlinkFolder(context.blobs, place);
  };
  const find = async (request: FastifyRequest) => {
    const workspace = await workspaceOf(context, request);
    const name = parameter(request, 'name');
    const store = await datastores.find(workspace.id, name);
    if (!store) throw notFound(`Could not find datastore: ${name}`, { wire: 'UserError', details: ['NotFoundError'] });
    return { workspace, store };
  };

  service.get(`${WORKSPACE}/datastores`, async (request) => {
    const workspace = await workspaceOf(context, request);
    const found = pageOfDatastores(request, await datastores.list(workspace.id));
    return { ...found, value: found.value.map((store) => wire(workspace, store)) };
  });
  service.get(DATASTORE, async (request) => {
    const { workspace, store } = await find(request);
    return wire(workspace, store);
  });
  service.put(DATASTORE, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    const name = checkName('datastore', parameter(request, 'name'));
    const body = objectField(request.body, 'properties');
    const { document, credentialsType, secrets } = readDatastore(body);
    const existing = await datastores.find(workspace.id, name);
    // Who changes something else sends back what was read, and no secret is ever read: the one that is there stays.
    const kept = existing?.document['credentials'];
    const isKept = secrets === undefined && fieldOf(kept, 'credentialsType') === credentialsType;
    const secret = secretOf(credentialsType);
    const isLocal = localFolderOf(textField(document, 'endpoint')) !== undefined;
    if (secrets === undefined && !isKept && secret !== undefined && !isLocal && !isHere(document))
      throw invalid(`Credentials of the type ${credentialsType} need secrets with '${secret}'.`, {
        target: 'credentials',
        wire: 'UserError',
      });
    await placeLocally(request, workspace, name, document);
    const now = context.clock.now().toISOString();
    const created = await datastores.put(
      workspace.id,
      name,
      {
        ...document,
        createdAt: existing?.document['createdAt'] ?? now,
        createdBy: existing?.document['createdBy'] ?? callerName(request.principal),
        ...(existing ? { modifiedAt: now, modifiedBy: callerName(request.principal) } : {}),
      },
      isKept ? 'keep' : secrets,
    );
    if (flagField(body, 'isDefault') === true) await datastores.makeDefault(workspace.id, name);
    const stored = await datastores.find(workspace.id, name);
    reply.code(created ? 201 : 200);
    return wire(workspace, stored as DatastoreRecord);
  });
  service.delete(DATASTORE, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    const name = parameter(request, 'name');
    if ((await datastores.find(workspace.id, name))?.isDefault)
      throw invalid(`The datastore ${name} is the workspace's default. Make another one the default first.`, {
        wire: 'UserError',
      });
    const before = await datastores.find(workspace.id, name);
    const removed = await datastores.remove(workspace.id, name);
    await leaveFolder(workspace, before);
    return reply.code(removed ? 200 : 204).send();
  });
  // Newer clients ask for a signature that expires, older ones send no body and take the account's key (client source).
  service.post(`${DATASTORE}/listSecrets`, async (request) => {
    const { workspace, store } = await find(request);
    const own = await datastores.secrets(workspace.id, store.name);
    if (own) return own;
    const credentialsType = textField(store.document['credentials'], 'credentialsType') ?? 'None';
    if (credentialsType !== 'AccountKey' && credentialsType !== 'Sas')
      throw notFound(
        `The datastore ${store.name} has no secrets: its credentials are of the type ${credentialsType}.`,
        {
          wire: 'UserError',
        },
      );
    const account = textField(store.document, 'accountName') ?? workspace.storageAccount;
    const container = textField(store.document, 'containerName') ?? textField(store.document, 'filesystem');
    const isSigned = credentialsType === 'Sas' || flagField(request.body, 'expirableSecret') === true;
    if (isSigned && container !== undefined) {
      const hours = Math.min(24 * 7, Math.max(1, countField(request.body, 'expireAfterHours') ?? SAS_HOURS));
      const expiry = new Date(context.clock.now().getTime() + hours * 3600_000);
      const sas = await context.blobs.signContainerSas({ account, container, permissions: 'racwdl', expiry });
      return { secretsType: 'Sas', sasToken: sas };
    }
    return { secretsType: 'AccountKey', key: await context.blobs.accountKey(account) };
  });
}
