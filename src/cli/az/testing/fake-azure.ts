import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAz } from '../index.ts';

export const SUBSCRIPTION = '11111111-1111-1111-1111-111111111111';
export const TENANT = '22222222-2222-2222-2222-222222222222';
export const WORKSPACE = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws`;
const CONTAINER = '33333333-44444444-4444-4444-4444-444444444444';
const STAMP = '2026-11-24T15:00:00.0000000+00:00';

export type Recorded = {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** The body's JSON, where it is some. */
  readonly body: unknown;
};

type Answer = { status: number; body?: unknown; headers?: Record<string, string | undefined> };
type Handler = (request: Recorded) => Answer | undefined;

/** A small stand-in for the server, over real HTTP: the names of Azure by Host header, a store of what was PUT, a record of all. */
export type FakeAzure = {
  readonly url: string;
  readonly requests: Recorded[];
  /** Resources by path, as PUT. */
  readonly resources: Map<string, Record<string, unknown>>;
  /** Blobs by host and path. */
  readonly blobs: Map<string, { text: string; metadata: Record<string, string> }>;
  /** Asked before the built-in answers. */
  handlers: Handler[];
  readonly env: Record<string, string>;
  /** Runs a command line against it. */
  az(
    words: readonly string[],
    options?: { cwd?: string; env?: Record<string, string> },
  ): Promise<{ code: number; out: string; err: string }>;
  close(): Promise<void>;
};

/** Starts one, with a configuration directory of its own. */
export async function startFakeAzure(): Promise<FakeAzure> {
  const requests: Recorded[] = [];
  const resources = new Map<string, Record<string, unknown>>();
  const blobs: FakeAzure['blobs'] = new Map();
  const home = await mkdtemp(join(tmpdir(), 'millrace-az-'));
  const fake: { handlers: Handler[] } = { handlers: [] };
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://x');
      const text = Buffer.concat(pieces).toString('utf8');
      const recorded: Recorded = {
        method: request.method ?? '',
        host: request.headers.host ?? '',
        path: decodeURIComponent(url.pathname),
        query: url.searchParams,
        headers: request.headers,
        text,
        body: parse(text),
      };
      requests.push(recorded);
      let answer: Answer | undefined;
      for (const handler of fake.handlers) answer ??= handler(recorded);
      answer ??= builtIn(recorded, resources, blobs);
      const body =
        answer.body === undefined ? '' : typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
      response
        .writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
        .end(request.method === 'HEAD' ? undefined : body);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = {
    MILLRACE_SERVER: url,
    AZURE_CONFIG_DIR: join(home, 'azure'),
    HOME: home,
    PATH: '',
    MILLRACE_HOME: home,
  };
  return Object.assign(fake, {
    url,
    requests,
    resources,
    blobs,
    env,
    async az(words: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}) {
      let out = '';
      let err = '';
      const stdout = { write: (text: string) => (out += text) };
      const stderr = { write: (text: string) => (err += text) };
      const code = await runAz(words, { stdout, stderr, env: { ...env, ...options.env }, cwd: options.cwd ?? home });
      return { code, out, err };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await rm(home, { recursive: true, force: true });
    },
  });
}

/** Logs in as a service principal, then forgets the requests that took. */
export async function loggedIn(fake: FakeAzure): Promise<void> {
  const login = await fake.az(['login', '--service-principal', '-u', 'app', '-p', 'secret', '-t', TENANT]);
  if (login.code !== 0) throw new Error(login.err);
  fake.requests.length = 0;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An unsigned token: clients read `aud` and `tid`, nobody here verifies. */
function tokenFor(audience: string): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encode({ alg: 'none' })}.${encode({ aud: audience, tid: TENANT, exp: 4102444800 })}.eHh4`;
}

function builtIn(request: Recorded, resources: FakeAzure['resources'], blobs: FakeAzure['blobs']): Answer {
  const { method, path, host } = request;
  if (host === 'login.microsoftonline.com') return tokenAnswer(request);
  if (host.startsWith('acct.blob.core.windows.net')) return blobAnswer(request, blobs);
  if (request.headers.authorization === undefined && host !== 'eastus.api.azureml.ms')
    return failed(401, 'AuthenticationFailed');
  if (host === 'eastus.api.azureml.ms' && path === '/discovery')
    return { status: 200, body: { api: 'https://eastus.api.azureml.ms' } };
  if (path === '/subscriptions') {
    const subscription = {
      id: `/subscriptions/${SUBSCRIPTION}`,
      subscriptionId: SUBSCRIPTION,
      tenantId: TENANT,
      displayName: 'Local',
      state: 'Enabled',
      managedByTenants: [],
    };
    return { status: 200, body: { value: [subscription] } };
  }
  if (path === WORKSPACE) return { status: 200, body: workspaceResource() };
  const below = path.startsWith(WORKSPACE) ? path.slice(WORKSPACE.length) : path;
  if (method === 'GET' && /^\/codes\/[^/]+\/versions$/.test(below)) return { status: 200, body: { value: [] } };
  if (below.endsWith('/startPendingUpload')) return { status: 200, body: pendingUpload() };
  if (below.endsWith('/listSecrets')) return { status: 200, body: { secretsType: 'Sas', sasToken: 'sv=2021&sig=abc' } };
  if (method === 'GET' && below.startsWith('/datastores/')) return { status: 200, body: datastore(path) };
  if (method === 'GET' && below.startsWith('/computes/')) return { status: 200, body: compute(path) };
  if (method === 'GET' && /^\/environments\/[^/]+\/versions$/.test(below)) {
    return { status: 200, body: { value: [{ id: `${path}/7`, name: '7', properties: { image: 'x' } }] } };
  }
  if (method === 'GET') {
    const found = resources.get(path);
    return found ? { status: 200, body: found } : failed(404, 'UserError', `not found ${path}`);
  }
  if (method === 'PUT') return put(request, resources);
  return failed(404, 'UserError', `${method} ${path}`);
}

const failed = (status: number, code: string, message = 'no'): Answer => ({
  status,
  body: { error: { code, message } },
});

function tokenAnswer(request: Recorded): Answer {
  const form = new URLSearchParams(request.text);
  if (form.get('client_secret') === 'wrong') {
    return {
      status: 401,
      body: { error: 'invalid_client', error_description: 'AADSTS7000215: Invalid client secret provided.' },
    };
  }
  const audience = (form.get('scope') ?? '').replace(/\/\.default$/, '');
  return { status: 200, body: { token_type: 'Bearer', expires_in: 3599, access_token: tokenFor(audience) } };
}

function blobAnswer(request: Recorded, blobs: FakeAzure['blobs']): Answer {
  const key = request.path;
  const known = blobs.get(key);
  const stamp = { etag: '"1"', 'last-modified': 'Tue, 24 Nov 2026 15:00:00 GMT' };
  if (!request.query.get('sig')) return { status: 403, headers: { 'x-ms-error-code': 'AuthenticationFailed' } };
  if (request.query.get('comp') === 'list') {
    const prefix = `${request.path}/${request.query.get('prefix')}`;
    const names = [...blobs.keys()]
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(request.path.length + 1));
    const xml = `<EnumerationResults><Blobs>${names.map((name) => `<Blob><Name>${name}</Name></Blob>`).join('')}</Blobs><NextMarker/></EnumerationResults>`;
    return { status: 200, body: xml };
  }
  if (request.method === 'PUT' && request.query.get('comp') === 'metadata') {
    const entries = Object.entries(request.headers).filter(([name]) => name.startsWith('x-ms-meta-'));
    if (known) known.metadata = Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
    return { status: 200, headers: stamp };
  }
  if (request.method === 'PUT') {
    if (known && request.headers['if-none-match'] === '*')
      return { status: 409, headers: { 'x-ms-error-code': 'BlobAlreadyExists' } };
    blobs.set(key, { text: request.text, metadata: {} });
    return { status: 201, headers: stamp };
  }
  if (!known) return { status: 404, headers: { 'x-ms-error-code': 'BlobNotFound' } };
  return { status: 200, body: known.text, headers: { ...stamp, ...known.metadata } };
}

function workspaceResource() {
  return {
    id: WORKSPACE,
    name: 'ws',
    location: 'eastus',
    properties: {
      workspaceId: '33333333-3333-3333-3333-333333333333',
      discoveryUrl: 'https://eastus.api.azureml.ms/discovery',
      mlFlowTrackingUri: `azureml://eastus.api.azureml.ms/mlflow/v1.0${WORKSPACE}`,
      storageAccount: '/subscriptions/x/sa',
    },
  };
}

function pendingUpload() {
  const blobUri = `https://acct.blob.core.windows.net:443/${CONTAINER}`;
  const credential = { credentialType: 'SAS', sasUri: `${blobUri}?sv=2021&sig=abc` };
  return {
    pendingUploadId: 'x',
    pendingUploadType: 'TemporaryBlobReference',
    blobReferenceForConsumption: { blobUri, storageAccountArmId: '/x', credential },
  };
}

function datastore(id: string) {
  const properties = {
    datastoreType: 'AzureBlob',
    accountName: 'acct',
    containerName: 'azureml-blobstore',
    endpoint: 'core.windows.net',
    protocol: 'https',
    credentials: { credentialsType: 'AccountKey' },
  };
  return { id, name: id.split('/').at(-1), properties };
}

function compute(id: string) {
  const scaleSettings = { minNodeCount: 0, maxNodeCount: 4, nodeIdleTimeBeforeScaleDown: 'PT2M' };
  const properties = {
    computeType: 'AmlCompute',
    provisioningState: 'Succeeded',
    properties: { vmSize: 'STANDARD_DS3_V2', scaleSettings },
  };
  return { id, name: id.split('/').at(-1), location: 'eastus', properties };
}

function put(request: Recorded, resources: FakeAzure['resources']): Answer {
  // The service names an anonymous component by a GUID of its own.
  const id = request.path.replace(
    /(\/components\/azureml_anonymous\/versions\/).*/,
    '$199999999-9999-9999-9999-999999999999',
  );
  const properties: Record<string, unknown> = {
    ...(request.body as { properties: Record<string, unknown> }).properties,
  };
  const name = id.split('/').at(-1) ?? '';
  if (id.includes('/jobs/')) {
    const tracking = `azureml://eastus.api.azureml.ms/mlflow/v1.0${WORKSPACE}?`;
    properties['status'] = 'Preparing';
    properties['services'] = {
      Tracking: { jobServiceType: 'Tracking', endpoint: tracking },
      Studio: { jobServiceType: 'Studio', endpoint: `https://ml.azure.com/runs/${name}?wsid=${WORKSPACE}` },
    };
    if (properties['jobType'] === 'Command')
      Object.assign(properties, { resources: { instanceCount: 1, shmSize: '2g' }, parameters: {} });
  }
  const systemData = {
    createdAt: STAMP,
    createdBy: 'me',
    createdByType: 'Application',
    lastModifiedAt: STAMP,
    lastModifiedBy: 'me',
    lastModifiedByType: 'Application',
  };
  const resource = { id, name, properties, systemData };
  resources.set(id, resource);
  return { status: 201, body: resource };
}
