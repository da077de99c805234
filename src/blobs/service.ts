import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createService, statusOf } from '../http/index.ts';
import { newGuid } from '../kernel/ids.ts';
import type { Log } from '../kernel/log.ts';
import { type AuthorizeDeps, authorize, type Need } from './authorize.ts';
import { BlobError, notSupported } from './blob-error.ts';
import type { BlobStore } from './blob-store.ts';
import { getBlockList, putBlock, putBlockList } from './blocks.ts';
import { headersOf } from './conditions.ts';
import { type Containers, containerProperties, createContainer, listContainers } from './containers.ts';
import { copyBlob } from './copy.ts';
import { leaseBlob } from './lease.ts';
import { listBlobs } from './list.ts';
import { getBlob, getProperties } from './read.ts';
import { type Answer, type BlobRequest, parseRequest } from './request.ts';
import {
  appendBlock,
  deleteBlob,
  metadataOf,
  putBlob,
  setMetadata,
  setProperties,
  type WriteContext,
} from './write.ts';
import { XML_HEAD, xmlElement } from './xml.ts';

export type BlobServiceDeps = AuthorizeDeps & {
  readonly store: BlobStore;
  readonly containers: Containers;
  readonly log: Log;
};

type Operation = { readonly need: Need; run(access: Awaited<ReturnType<typeof authorize>>): Promise<Answer> };

/** Makes the HTTP service. Bodies are streamed, whatever their size and type. */
export function createBlobService(deps: BlobServiceDeps): FastifyInstance {
  const service = createService({
    name: 'blobs',
    log: deps.log,
    authenticate: deps.authenticate,
    toWire: (error) => ({
      status: statusOf(error),
      headers: { 'content-type': 'application/xml', 'x-ms-error-code': error.wire ?? 'InternalError' },
      body: errorText(error.wire ?? (error.code === 'internal' ? 'InternalError' : 'InvalidInput'), error.message),
    }),
  });
  service.removeAllContentTypeParsers();
  service.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  // Every request proves itself: by signature, key or token, each checked in authorize().
  const route = { config: { open: true }, exposeHeadRoute: false };
  for (const path of ['/', '/*'])
    service.route({
      ...route,
      method: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS'],
      url: path,
      handler: (request, reply) => handle(deps, request, reply),
    });
  return service;
}

async function handle(deps: BlobServiceDeps, raw: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  reply.header('x-ms-request-id', newGuid());
  reply.header('x-ms-version', raw.headers['x-ms-version'] ?? '2025-07-05');
  const clientId = raw.headers['x-ms-client-request-id'];
  if (typeof clientId === 'string' && /^[\x20-\x7e]{1,1024}$/.test(clientId))
    reply.header('x-ms-client-request-id', clientId);
  try {
    const request = parseRequest(raw);
    const operation = operationOf(deps, request);
    const answer = await operation.run(await authorize(deps, request, operation.need));
    reply.code(answer.status).headers(answer.headers);
    if (request.method === 'HEAD') answer.body?.destroy();
    return reply.send(request.method === 'HEAD' ? undefined : (answer.body ?? answer.text));
  } catch (error) {
    if (!(error instanceof BlobError)) throw error;
    reply.code(error.status).headers(error.headers).header('x-ms-error-code', error.code);
    if (error.status === 304 || raw.method === 'HEAD') return reply.send();
    return reply.header('content-type', 'application/xml').send(errorText(error.code, error.message));
  }
}

function errorText(code: string, message: string): string {
  return `${XML_HEAD}<Error>${xmlElement('Code', code)}${xmlElement('Message', message)}</Error>`;
}

function operationOf(deps: BlobServiceDeps, request: BlobRequest): Operation {
  const operation = request.container === '' ? onAccount(deps, request) : undefined;
  const found =
    operation ??
    (request.blob === '' || request.query.get('restype') === 'container'
      ? onContainer(deps, request)
      : onBlob(deps, request));
  if (!found)
    throw notSupported(
      `${request.method} of a blob ${request.container === '' ? 'account' : request.blob === '' ? 'container' : ''} with comp=${request.query.get('comp') ?? ''}`,
    );
  return found;
}

function onAccount(deps: BlobServiceDeps, request: BlobRequest): Operation | undefined {
  const { query } = request;
  const comp = query.get('comp');
  if (request.method === 'GET' && comp === 'list')
    return { need: { permissions: 'l', level: 'service' }, run: () => listContainers(deps.containers, request) };
  if (/^(GET|HEAD)$/.test(request.method) && query.get('restype') === 'account')
    return {
      need: { permissions: 'rwl', level: 'service' },
      run: async () => ({
        status: 200,
        headers: { 'x-ms-sku-name': 'Standard_LRS', 'x-ms-account-kind': 'StorageV2', 'x-ms-is-hns-enabled': 'false' },
      }),
    };
  return undefined;
}

function onContainer(deps: BlobServiceDeps, request: BlobRequest): Operation | undefined {
  const { account, container, query, method } = request;
  const comp = query.get('comp');
  const isRead = method === 'GET' || method === 'HEAD';
  if (isRead && comp === 'list')
    return { need: { permissions: 'l', level: 'list' }, run: () => listBlobs(deps.store, request) };
  if (isRead && (comp === undefined || comp === 'metadata'))
    return {
      need: { permissions: 'rl', level: 'container' },
      run: () => containerProperties(deps.containers, request),
    };
  if (method === 'GET' && comp === 'acl')
    return {
      need: { permissions: 'r', level: 'container' },
      run: async () => ({
        status: 200,
        headers: {
          ...headersOf(await deps.containers.state(account, container)),
          'content-type': 'application/xml',
        },
        text: `${XML_HEAD}<SignedIdentifiers />`,
      }),
    };
  if (method === 'PUT' && comp === undefined)
    return { need: { permissions: 'cw', level: 'container' }, run: () => createContainer(deps.containers, request) };
  if (method === 'PUT' && comp === 'metadata')
    return {
      need: { permissions: 'w', level: 'container' },
      run: async () => ({
        status: 200,
        headers: headersOf(await deps.containers.setMetadata(account, container, metadataOf(request))),
      }),
    };
  if (method === 'DELETE' && comp === undefined)
    return {
      need: { permissions: 'd', level: 'container' },
      run: async () => {
        await deps.containers.remove(account, container);
        return { status: 202, headers: {} };
      },
    };
  return undefined;
}

function onBlob(deps: BlobServiceDeps, request: BlobRequest): Operation | undefined {
  const { store } = deps;
  const comp = request.query.get('comp');
  for (const part of ['snapshot', 'versionid'])
    if (request.query.has(part)) throw notSupported(`blob ${part === 'snapshot' ? 'snapshots' : 'versions'}`);
  const write = (permissions: string, run: (context: WriteContext) => Promise<Answer>): Operation => ({
    need: { permissions, level: 'blob' },
    run: ({ createOnly }) => run({ store, now: deps.now, createOnly }),
  });
  const read = (run: () => Promise<Answer>): Operation => ({ need: { permissions: 'r', level: 'blob' }, run });
  switch (`${request.method} ${comp ?? ''}`.trim()) {
    case 'GET':
      return read(() => getBlob(store, request));
    case 'HEAD':
    case 'GET metadata':
    case 'HEAD metadata':
      return read(() => getProperties(store, request));
    case 'GET blocklist':
      return read(() => getBlockList(store, request));
    case 'PUT':
      if (request.header('x-ms-copy-source') === undefined) return write('wc', (context) => putBlob(context, request));
      return {
        need: { permissions: 'wc', level: 'blob' },
        run: (access) => copyBlob({ store, now: deps.now, createOnly: access.createOnly }, access, deps, request),
      };
    case 'PUT block':
      if (request.header('x-ms-copy-source') !== undefined) throw notSupported('Put Block From URL');
      return write('wc', (context) => putBlock(context, request));
    case 'PUT blocklist':
      return write('wc', (context) => putBlockList(context, request));
    case 'PUT appendblock':
      return write('aw', (context) => appendBlock(context, request));
    case 'PUT metadata':
      return write('w', (context) => setMetadata(context, request));
    case 'PUT properties':
      return write('w', (context) => setProperties(context, request));
    case 'PUT lease':
      return write('wd', (context) => leaseBlob(context, request));
    case 'DELETE':
      return write('d', (context) => deleteBlob(context, request));
    default:
      return undefined;
  }
}
