import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid, notFound } from '../../../kernel/errors.ts';
import {
  type ArmContext,
  callerName,
  PROVIDER,
  page,
  parameter,
  query,
  WORKSPACE,
  workspaceOf,
} from '../../arm/context.ts';
import { resourceFrame } from '../../arm/stored-resource-wire.ts';
import { workspaceResourceId } from '../../places.ts';
import type { StoredResource } from '../../stored-resources.ts';
import { objectField, textField } from '../../wire-fields.ts';
import { readConnection } from './auth-types.ts';

const CONNECTIONS = `${WORKSPACE}/connections`;
const CONNECTION_NAME = /^[A-Za-z0-9][\w-]{2,32}$/;

/** Connections of a workspace to other services. Their credentials are sealed at rest, and only `listsecrets` gives them back. */
export function addWorkspaceConnectionRoutes(service: FastifyInstance, context: ArmContext): void {
  const { resources } = context;
  const wire = (connection: StoredResource, secrets?: unknown) => ({
    ...resourceFrame(connection, `${PROVIDER}/workspaces/connections`),
    properties: { ...connection.document, ...(secrets === undefined ? {} : { credentials: secrets }) },
  });
  const idOf = async (request: FastifyRequest) =>
    `${workspaceResourceId(await workspaceOf(context, request))}/connections/${parameter(request, 'name')}`;
  const need = async (request: FastifyRequest) => {
    const found = await resources.find(await idOf(request));
    if (found) return found;
    throw notFound(
      `There is no connection '${parameter(request, 'name')}' in this workspace. Create it: az ml connection create.`,
      { wire: 'NotFound' },
    );
  };

  service.get(CONNECTIONS, async (request) => {
    const found = await resources.list(`${workspaceResourceId(await workspaceOf(context, request))}/connections`);
    const fits = (one: StoredResource, name: string) => {
      const wanted = query(request, name);
      return wanted === undefined || textField(one.document, name)?.toLowerCase() === wanted.toLowerCase();
    };
    return page(
      request,
      found.filter((one) => fits(one, 'category') && fits(one, 'target')).map((one) => wire(one)),
    );
  });
  service.get(`${CONNECTIONS}/:name`, async (request) => wire(await need(request)));
  service.put(`${CONNECTIONS}/:name`, async (request) => {
    const id = await idOf(request);
    if (!CONNECTION_NAME.test(parameter(request, 'name')))
      throw invalid(
        `'${parameter(request, 'name').slice(0, 80)}' is not a connection's name: 3 to 33 letters, digits, hyphens and underscores.`,
        { target: 'name' },
      );
    const { shown, secrets } = readConnection(objectField(request.body, 'properties'));
    // A connection that is put again without credentials is another connection: the old ones don't stay.
    const { resource } = await resources.put(id, shown, callerName(request.principal), secrets ?? {});
    return wire(resource);
  });
  service.patch(`${CONNECTIONS}/:name`, async (request) => {
    const found = await need(request);
    const { shown, secrets } = readConnection({ ...found.document, ...objectField(request.body, 'properties') });
    const { resource } = await resources.put(found.id, shown, callerName(request.principal), secrets);
    return wire(resource);
  });
  service.delete(`${CONNECTIONS}/:name`, async (request, reply) => {
    const removed = await resources.remove(await idOf(request));
    return reply.code(removed ? 200 : 204).send();
  });
  service.post(`${CONNECTIONS}/:name/listsecrets`, async (request) => {
    const found = await need(request);
    const secrets = await resources.secrets(found.id);
    return wire(found, secrets && Object.keys(secrets).length > 0 ? secrets : undefined);
  });
}
