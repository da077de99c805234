import type { FastifyInstance, FastifyRequest } from 'fastify';
import { notFound } from '../../../kernel/errors.ts';
import {
  type ArmContext,
  callerName,
  checkName,
  PROVIDER,
  page,
  parameter,
  query,
  systemData,
  WORKSPACE,
  workspaceOf,
} from '../../arm/context.ts';
import type { DatastoreRecord } from '../../datastores.ts';
import { workspaceResourceId } from '../../places.ts';
import type { Workspace } from '../../types.ts';
import { countField, fieldOf, flagField, objectField, textField } from '../../wire-fields.ts';

const DATASTORE = `${WORKSPACE}/datastores/:name`;
const SAS_HOURS = 24;

/** Datastores; their secrets come by listSecrets alone. */
export function addDatastoreRoutes(service: FastifyInstance, context: ArmContext): void {
  const { datastores } = context;
  const wire = (workspace: Workspace, store: DatastoreRecord) => {
    const { createdAt, ...document } = store.document;
    return {
      id: `${workspaceResourceId(workspace)}/datastores/${store.name}`,
      name: store.name,
      type: `${PROVIDER}/workspaces/datastores`,
      systemData: systemData(String(createdAt ?? workspace.createdAt), 'millrace'),
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
  const find = async (request: FastifyRequest) => {
    const workspace = await workspaceOf(context, request);
    const name = parameter(request, 'name');
    const store = await datastores.find(workspace.id, name);
    if (!store) throw notFound(`Could not find datastore: ${name}`, { wire: 'UserError', details: ['NotFoundError'] });
    return { workspace, store };
  };

  service.get(`${WORKSPACE}/datastores`, async (request) => {
    const workspace = await workspaceOf(context, request);
    const wanted = query(request, 'isDefault')?.toLowerCase();
    const all = (await datastores.list(workspace.id)).filter(
      (store) => wanted === undefined || String(store.isDefault) === wanted,
    );
    return page(
      request,
      all.map((store) => wire(workspace, store)),
    );
  });
  service.get(DATASTORE, async (request) => {
    const { workspace, store } = await find(request);
    return wire(workspace, store);
  });
  service.put(DATASTORE, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    const name = checkName('datastore', parameter(request, 'name'));
    const { isDefault: _default, ...properties } = objectField(request.body, 'properties');
    const { secrets, ...credentials } = objectField(properties, 'credentials');
    const document = {
      ...properties,
      credentials,
      createdAt: context.clock.now().toISOString(),
      createdBy: callerName(request.principal),
    };
    const created = await datastores.put(
      workspace.id,
      name,
      document,
      typeof secrets === 'object' && secrets !== null ? (secrets as Record<string, unknown>) : undefined,
    );
    const stored = await datastores.find(workspace.id, name);
    reply.code(created ? 201 : 200);
    return wire(workspace, stored as DatastoreRecord);
  });
  service.delete(DATASTORE, async (request, reply) => {
    const workspace = await workspaceOf(context, request);
    const removed = await datastores.remove(workspace.id, parameter(request, 'name'));
    return reply.code(removed ? 200 : 204).send();
  });
  // Newer clients ask for a signature that expires, older ones send no body and take the account's key (client source).
  service.post(`${DATASTORE}/listSecrets`, async (request) => {
    const { workspace, store } = await find(request);
    const own = await datastores.secrets(workspace.id, store.name);
    if (own) return own;
    const account = textField(store.document, 'accountName') ?? workspace.storageAccount;
    const container = textField(store.document, 'containerName');
    if (flagField(request.body, 'expirableSecret') === true && container !== undefined) {
      const hours = Math.min(24 * 7, Math.max(1, countField(request.body, 'expireAfterHours') ?? SAS_HOURS));
      const expiry = new Date(context.clock.now().getTime() + hours * 3600_000);
      const sas = await context.blobs.signContainerSas({ account, container, permissions: 'racwdl', expiry });
      return { secretsType: 'Sas', sasToken: sas };
    }
    if (fieldOf(objectField(store.document, 'credentials'), 'credentialsType') === 'None')
      throw notFound(`The datastore ${store.name} has no secrets.`, { wire: 'UserError' });
    return { secretsType: 'AccountKey', key: await context.blobs.accountKey(account) };
  });
}
