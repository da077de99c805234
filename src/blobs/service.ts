import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createService, statusOf } from '../http/index.ts';
import { newGuid } from '../kernel/ids.ts';
import type { Log } from '../kernel/log.ts';
import { type AuthorizeDeps, authorize, type Need } from './authorize.ts';
import { BATCH_BYTES_LIMIT, runBatch } from './batch.ts';
import { BlobError, notSupported } from './blob-error.ts';
import type { BlobStore } from './blob-store.ts';
import { getBlockList, putBlock, putBlockList } from './blocks.ts';
import {
  type Containers,
  containerProperties,
  createContainer,
  deleteContainer,
  listContainers,
  setContainerMetadata,
} from './containers.ts';
import { abortCopy, copyBlob } from './copy.ts';
import { getDelegationKey } from './delegation.ts';
import { leaseBlob, leaseContainer } from './lease.ts';
import { listBlobs } from './list.ts';
import { getPolicies, setPolicies } from './policies.ts';
import { getBlob, getProperties } from './read.ts';
import { type Answer, type BlobRequest, parseRequest } from './request.ts';
import {
  appendBlock,
  deleteBlob,
  putBlob,
  readBody,
  setMetadata,
  setProperties,
  snapshotBlob,
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
  const outcome = await attempt(async () => {
    const request = parseRequest(raw);
    return perform(deps, request);
  });
  if ('error' in outcome) {
    const { error } = outcome;
    reply.code(error.status).headers(error.headers).header('x-ms-error-code', error.code);
    if (error.status === 304 || raw.method === 'HEAD') return reply.send();
    return reply.header('content-type', 'application/xml').send(errorText(error.code, error.message));
  }
  const { answer } = outcome;
  reply.code(answer.status).headers(answer.headers);
  if (raw.method === 'HEAD') answer.body?.destroy();
  return reply.send(raw.method === 'HEAD' ? undefined : (answer.body ?? answer.text));
}

/** Finds out what a request asks for, whether it may, and does it. @throws BlobError */
async function perform(deps: BlobServiceDeps, request: BlobRequest): Promise<Answer> {
  const operation = operationOf(deps, request);
  return operation.run(await authorize(deps, request, operation.need));
}

async function attempt(work: () => Promise<Answer>): Promise<{ answer: Answer } | { error: BlobError }> {
  try {
    return { answer: await work() };
  } catch (error) {
    if (error instanceof BlobError) return { error };
    throw error;
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

/** A batch itself needs a credential of the account; each request in it has its own. */
function batchOf(deps: BlobServiceDeps, request: BlobRequest): Operation {
  return {
    need: { permissions: 'rwdl', level: 'list' },
    run: async () => {
      const body = await readBody(deps.store, request, BATCH_BYTES_LIMIT);
      return runBatch(request, body.toString('utf8'), (part) =>
        attempt(async () => {
          if (part.method !== 'DELETE' || part.blob === '')
            throw notSupported('batches of anything but deletions of blobs');
          return perform(deps, part);
        }),
      );
    },
  };
}

function onAccount(deps: BlobServiceDeps, request: BlobRequest): Operation | undefined {
  const { query } = request;
  const comp = query.get('comp');
  if (request.method === 'GET' && comp === 'list')
    return {
      need: { permissions: 'l', level: 'service' },
      run: () => listContainers(deps.containers, request, deps.now()),
    };
  if (/^(GET|HEAD)$/.test(request.method) && query.get('restype') === 'account')
    return {
      need: { permissions: 'rwl', level: 'service' },
      run: async () => ({
        status: 200,
        headers: { 'x-ms-sku-name': 'Standard_LRS', 'x-ms-account-kind': 'StorageV2', 'x-ms-is-hns-enabled': 'false' },
      }),
    };
  if (request.method === 'POST' && comp === 'batch') return batchOf(deps, request);
  if (request.method === 'POST' && comp === 'userdelegationkey')
    return {
      need: { permissions: '', level: 'service' },
      run: async (access) => getDelegationKey(contextOf(deps), request, access, await deps.keyOf(request.account)),
    };
  return undefined;
}

const contextOf = ({ store, now }: BlobServiceDeps): WriteContext => ({ store, now, createOnly: false });

function onContainer(deps: BlobServiceDeps, request: BlobRequest): Operation | undefined {
  const { query, method } = request;
  const { containers } = deps;
  const container = (permissions: string, run: () => Promise<Answer>): Operation => ({
    need: { permissions, level: 'container' },
    run,
  });
  switch (`${method} ${query.get('comp') ?? ''}`.trim()) {
    case 'GET list':
    case 'HEAD list':
      return { need: { permissions: 'l', level: 'list' }, run: () => listBlobs(deps.store, request, deps.now()) };
    case 'GET':
    case 'HEAD':
    case 'GET metadata':
    case 'HEAD metadata':
      return container('rl', () => containerProperties(containers, request, deps.now()));
    case 'GET acl':
    case 'HEAD acl':
      return container('r', () => getPolicies(containers, request));
    case 'PUT acl':
      return container('w', () => setPolicies(containers, contextOf(deps), request));
    case 'PUT':
      return container('cw', () => createContainer(containers, request));
    case 'PUT metadata':
      return container('w', () => setContainerMetadata(containers, request, deps.now()));
    case 'PUT lease':
      return container('wd', () => leaseContainer(containers, request, deps.now()));
    case 'DELETE':
      return container('d', () => deleteContainer(containers, request, deps.now()));
    case 'POST batch':
      return batchOf(deps, request);
    default:
      return undefined;
  }
}

/** What can be asked of a snapshot; everything else is about the blob as it is. */
const OF_SNAPSHOTS = /^(?:(?:GET|HEAD)(?: metadata)?|GET blocklist|DELETE)$/;

function onBlob(deps: BlobServiceDeps, request: BlobRequest): Operation | undefined {
  const { store } = deps;
  const comp = request.query.get('comp');
  if (request.query.has('versionid')) throw notSupported('blob versions');
  const isSnapshot = request.query.has('snapshot');
  if (isSnapshot && !OF_SNAPSHOTS.test(`${request.method} ${comp ?? ''}`.trim()))
    throw new BlobError(
      400,
      'InvalidQueryParameterValue',
      "A snapshot can't be changed: leave the parameter 'snapshot' out.",
    );
  const snapshot = isSnapshot ? { snapshot: true } : {};
  const write = (permissions: string, run: (context: WriteContext) => Promise<Answer>): Operation => ({
    need: { permissions, level: 'blob', ...snapshot },
    run: ({ createOnly }) => run({ store, now: deps.now, createOnly }),
  });
  const read = (run: () => Promise<Answer>): Operation => ({
    need: { permissions: 'r', level: 'blob', ...snapshot },
    run,
  });
  switch (`${request.method} ${comp ?? ''}`.trim()) {
    case 'GET':
      return read(() => getBlob(store, request, deps.now()));
    case 'HEAD':
    case 'GET metadata':
    case 'HEAD metadata':
      return read(() => getProperties(store, request, deps.now()));
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
    case 'PUT snapshot':
      return write('wc', (context) => snapshotBlob(context, request));
    case 'PUT copy':
      return write('w', (context) => abortCopy(context, request));
    case 'PUT lease':
      return write('wd', (context) => leaseBlob(context, request));
    case 'DELETE':
      return write('d', (context) => deleteBlob(context, request));
    default:
      return undefined;
  }
}
