import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid, notFound } from '../../../kernel/errors.ts';
import {
  addConnection,
  type Connection,
  findConnection,
  listConnections,
  markSecrets,
  replaceConnection,
} from '../../connections/connections.ts';
import { projectOf, requireUser } from '../../wire/access.ts';
import { list, lowerFirst } from '../../wire/list.ts';
import type { ApiContext } from '../context.ts';

const ENDPOINTS = '/:organisation/:project/_apis/serviceendpoint/endpoints';

/** Service connections: list, show, create, update, delete. Secrets go in and never come out. */
export function addEndpointRoutes(service: FastifyInstance, context: ApiContext): void {
  const { deps } = context;
  const { store, vault } = deps;
  const wire = (one: Connection) => ({
    id: one.id,
    name: one.name,
    type: one.type,
    url: one.url,
    description: one.description,
    owner: 'library',
    isReady: true,
    isShared: false,
    authorization: {
      scheme: one.scheme,
      parameters: Object.fromEntries(
        Object.entries(one.parameters).map(([name, value]) => [name, value.isSecret ? null : value.value]),
      ),
    },
    data: one.data,
  });
  const find = async (request: FastifyRequest) => {
    const project = await projectOf(context, request);
    const { endpointId } = request.params as { endpointId: string };
    const found = await findConnection(store.read, vault, project.id, endpointId);
    if (!found) throw notFound(`There is no service connection ${endpointId} in project ${project.name}.`);
    return found;
  };

  service.get(ENDPOINTS, async (request) => {
    requireUser(request);
    const { type, endpointNames } = request.query as { type?: string; endpointNames?: string };
    const names = endpointNames?.toLowerCase().split(',');
    const all = await listConnections(store.read, vault, (await projectOf(context, request)).id);
    return list(
      all
        .filter(
          (one) =>
            (type === undefined || one.type === type.toLowerCase()) &&
            (names === undefined || names.includes(one.name.toLowerCase())),
        )
        .map(wire),
    );
  });
  service.get(`${ENDPOINTS}/:endpointId`, async (request) => {
    requireUser(request);
    return wire(await find(request));
  });
  service.post(ENDPOINTS, async (request) => {
    requireUser(request);
    const project = await projectOf(context, request);
    const shape = readShape(request.body);
    const createdOn = deps.clock.now().toISOString();
    return wire(await store.write((writer) => addConnection(writer, vault, project.id, { ...shape, createdOn })));
  });
  service.put(`${ENDPOINTS}/:endpointId`, async (request) => {
    requireUser(request);
    const before = await find(request);
    const shape = readShape(request.body);
    // A secret that comes back empty is the one that clients were never shown.
    const kept = Object.entries(before.parameters).filter(
      ([name, one]) => one.isSecret && !shape.parameters[name]?.value,
    );
    const after = { ...before, ...shape, parameters: { ...shape.parameters, ...Object.fromEntries(kept) } };
    await store.write((writer) => replaceConnection(writer, vault, after));
    return wire(after);
  });
  service.delete(`${ENDPOINTS}/:endpointId`, async (request, reply) => {
    requireUser(request);
    const { id } = await find(request);
    await store.write((writer) => writer.deleteFrom('devops_endpoints').where('id', '=', id).execute());
    return reply.code(204).send();
  });
}

function readShape(body: unknown): Omit<Connection, 'id' | 'createdOn'> {
  const given = lowerFirst(body);
  const authorization = lowerFirst(given['authorization']);
  const name = String(given['name'] ?? '').trim();
  const type = String(given['type'] ?? '')
    .trim()
    .toLowerCase();
  if (name === '' || type === '')
    throw invalid("A service connection needs a 'name' and a 'type' (azurerm, generic, …).");
  const texts = (value: unknown) =>
    Object.fromEntries(
      Object.entries((value as object | null | undefined) ?? {}).map(([key, item]) => [
        key,
        item === null ? '' : String(item),
      ]),
    );
  return {
    name,
    type,
    url: String(given['url'] ?? (type === 'azurerm' ? 'https://management.azure.com/' : '')),
    description: String(given['description'] ?? ''),
    scheme: String(authorization['scheme'] ?? 'None'),
    parameters: markSecrets(texts(authorization['parameters'])),
    data: texts(given['data']),
  };
}
