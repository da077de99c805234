// In-process stand-ins for what the slice is given, and an agent that speaks the protocol: for tests.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentMessage, JobRequest, TimelineResult, VariableValue } from '../contracts/agent.ts';
import type { TaskManifest } from '../contracts/task.ts';
import type { Credential, OutboundAnswer, OutboundRequest, Principal } from '../http/index.ts';
import { type FakeClock, fakeClock } from '../kernel/clock.ts';
import { silentLog } from '../kernel/log.ts';
import type { ServiceTask } from '../language/index.ts';
import { createEventBus, openFiles, openStore, openVault, type Store } from '../store/index.ts';
import type { DevopsDeps } from './deps.ts';
import { createDevops, type Devops } from './index.ts';
import { type DevopsTables, devopsMigrations } from './tables.ts';

export const OWNER = 'owner-token';
const PROJECT = '/millrace/default/_apis';

const manifest = (id: string, name: string, major: number, inputs: TaskManifest['inputs'] = []): TaskManifest => ({
  id,
  name,
  friendlyName: name,
  description: name,
  author: 'test',
  version: { Major: major, Minor: 0, Patch: 0 },
  runsOn: ['Agent'],
  instanceNameFormat: name,
  inputs,
});

const COPY_FILES: ServiceTask = {
  name: 'CopyFiles',
  major: '2',
  inputs: [
    { name: 'Contents', required: false },
    { name: 'TargetFolder', required: true },
  ],
};

const MANIFESTS: readonly TaskManifest[] = [
  manifest('6c731c3c-3c68-459a-a5c9-bde6e6595b5b', 'Bash', 3, [
    { name: 'targetType', type: 'radio', label: 'Type', defaultValue: 'filePath' },
    { name: 'script', type: 'multiLine', label: 'Script' },
  ]),
  {
    ...manifest('46e4be58-730b-4389-8a2f-ea10b3e5e815', 'AzureCLI', 2, [
      {
        name: 'connectedServiceNameARM',
        aliases: ['azureSubscription'],
        type: 'connectedService:AzureRM',
        label: 'Subscription',
      },
      { name: 'scriptType', type: 'pickList', label: 'Script type' },
      { name: 'scriptPath', type: 'filePath', label: 'Script file' },
      { name: 'inlineScript', type: 'multiLine', label: 'Script' },
    ]),
    instanceNameFormat: 'Azure CLI $(scriptPath)',
  },
  manifest('6d15af64-176c-496d-b583-fd2ae21d4df4', 'Checkout', 1),
];

export type TestServer = {
  devops: Devops;
  readonly store: Store<DevopsTables>;
  readonly clock: FakeClock;
  /** Requests that server tasks made. */
  readonly sent: OutboundRequest[];
  /** What they are answered; 200 and an empty object unless set. */
  answer: (request: OutboundRequest) => Promise<OutboundAnswer> | OutboundAnswer;
  readonly folder: string;
  /** How many runs the slice said had ended. */
  ended: number;
  /** A request as the owner, or with another token. @returns status and parsed body */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  call(method: string, path: string, body?: unknown, token?: string): Promise<{ status: number; body: any }>;
  /** Queues a pipeline given as text. @returns the run's id */
  queue(text: string, options?: object): Promise<number>;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  build(id: number): Promise<any>;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  records(id: number): Promise<any[]>;
  /** Waits for the engine's own work: resolves when `done` answers something. */
  until<T>(done: () => Promise<T | undefined | false>): Promise<T>;
  /** Ends the slice and starts another on the same data, as a restart of the server does. */
  restart(): Promise<void>;
  close(): Promise<void>;
};

/** Starts the slice on a database in memory, a clock that stands still and a folder of its own. */
export async function startTestServer(): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-devops-'));
  const store: Store<DevopsTables> = await openStore(':memory:', devopsMigrations);
  const vault = await openVault(join(folder, 'key'));
  const clock = fakeClock();
  const sent: OutboundRequest[] = [];
  const make = () => {
    const deps: DevopsDeps = {
      store,
      files: openFiles(join(folder, 'devops')),
      vault,
      events: createEventBus(),
      clock,
      log: silentLog,
      authenticate: async (credential) => principalOf(credential),
      tokens: {
        jobToken: async (claims) => tokenOf({ kind: 'job', ...claims }),
        agentToken: async (claims) => tokenOf({ kind: 'agent', ...claims }),
        mlRunToken: async (claims) => tokenOf({ kind: 'ml-run', ...claims }),
        oidcToken: async (claims) => `oidc ${claims.subject}`,
        accessToken: async (claims) => `access-token-of-${claims.clientId}`,
      },
      outbound: async (request) => {
        sent.push(request);
        return server.answer(request);
      },
      tasks: {
        serviceTask: (name, major) => (`${name}@${major}` === 'CopyFiles@2' ? COPY_FILES : undefined),
        serviceTasks: () => [COPY_FILES],
        all: () => MANIFESTS,
        find: (nameOrId, major) =>
          MANIFESTS.find(
            (one) =>
              [one.name.toLowerCase(), one.id].includes(nameOrId.toLowerCase()) &&
              String(one.version.Major) === major.split('.')[0],
          ),
      },
      baseUrl: () => 'http://127.0.0.1:8460',
      onRunEnded: () => {
        server.ended++;
      },
      processEnvironment: async () => ({ environment: { FROM_SERVER: '1' }, prependPath: ['/opt/millrace/az'] }),
      local: {
        tenantId: '6d1c7a3e-0000-4000-8000-000000000001',
        subscriptionId: '6d1c7a3e-0000-4000-8000-000000000002',
        servicePrincipal: async () => ({ clientId: 'client-1', secret: 'principal-secret-value' }),
      },
    };
    return createDevops(deps);
  };
  const server: TestServer = {
    devops: make(),
    store,
    clock,
    sent,
    folder,
    ended: 0,
    answer: () => ({ status: 200, headers: {}, body: '{}' }),
    async call(method, path, body, token = OWNER) {
      const answer = await server.devops.service.inject({
        method: method as 'GET',
        url: path.startsWith('/') ? path : `${PROJECT}/${path}`,
        headers: {
          authorization: `Bearer ${token}`,
          ...(typeof body === 'string' ? { 'content-type': 'text/plain' } : {}),
        },
        ...(body === undefined ? {} : { payload: body as object }),
      });
      let parsed: unknown = answer.body;
      try {
        parsed = JSON.parse(answer.body);
      } catch {
        // Plain text.
      }
      return { status: answer.statusCode, body: parsed };
    },
    async queue(text, options = {}) {
      const { status, body } = await server.call('POST', 'millrace/localruns', {
        directory: folder,
        file: 'azure-pipelines.yml',
        text,
        ...options,
      });
      if (status !== 201) throw new Error(`${status}: ${JSON.stringify(body)}`);
      return body.id as number;
    },
    build: async (id) => (await server.call('GET', `build/builds/${id}`)).body,
    records: async (id) => (await server.call('GET', `build/builds/${id}/timeline`)).body.records,
    async until(done) {
      for (let tries = 0; tries < 2000; tries++) {
        const found = await done();
        if (found !== undefined && found !== false) return found as Exclude<typeof found, false>;
        await new Promise((resolve) => setImmediate(resolve));
        // What is due already rings within a fraction of a second of the standing clock.
        if (tries % 10 === 9) clock.advance(25);
      }
      throw new Error('what the test waits for does not come');
    },
    async restart() {
      await server.devops.stop();
      await server.devops.service.close();
      server.devops = make();
      await server.devops.start();
    },
    async close() {
      await server.devops.stop();
      await server.devops.service.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.devops.start();
  return server;
}

function tokenOf(principal: object): string {
  return Buffer.from(JSON.stringify(principal)).toString('base64url');
}

function principalOf({ token }: Credential): Principal | undefined {
  if (token === OWNER) return { kind: 'owner' };
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString()) as Principal;
  } catch {
    return undefined;
  }
}

export type TestAgent = {
  readonly sessionId: string;
  /** Polls once; answers the message, acknowledged unless told otherwise. */
  poll(acknowledge?: boolean): Promise<AgentMessage | undefined>;
  /** Takes a job: polls, acknowledges, parses. */
  take(): Promise<JobRequest>;
  renew(job: JobRequest): Promise<number>;
  complete(job: JobRequest, result: TimelineResult, outputs?: Record<string, VariableValue>): Promise<number>;
};

/** The token of a job, as its request brings it. */
export function jobTokenOf(job: JobRequest): string {
  return job.variables['system.accessToken']?.value ?? '';
}

/** Path of a job's plan. */
export function planPath(job: JobRequest): string {
  return `/millrace/${job.plan.scopeIdentifier}/_apis/distributedtask/hubs/build/plans/${job.plan.planId}`;
}

/** Opens an agent's session in the default pool. */
export async function openTestAgent(server: TestServer, name = 'agent-1'): Promise<TestAgent> {
  const pool = '/millrace/_apis/distributedtask/pools/1';
  const token = tokenOf({ kind: 'agent', poolId: 1, name });
  const opened = await server.call(
    'POST',
    `${pool}/sessions`,
    { ownerName: name, agent: { name, version: '1' } },
    token,
  );
  if (opened.status !== 200) throw new Error(JSON.stringify(opened));
  const sessionId = opened.body.sessionId as string;
  const agent: TestAgent = {
    sessionId,
    async poll(acknowledge = true) {
      const { status, body } = await server.call(
        'GET',
        `${pool}/messages?sessionId=${sessionId}&lastMessageId=0`,
        undefined,
        token,
      );
      if (status !== 200) throw new Error(JSON.stringify(body));
      if (body === '') return undefined;
      if (acknowledge) {
        const taken = await server.call(
          'DELETE',
          `${pool}/messages/${body.messageId}?sessionId=${sessionId}`,
          undefined,
          token,
        );
        if (taken.status !== 204) throw new Error(JSON.stringify(taken));
      }
      return body as AgentMessage;
    },
    async take() {
      const message = await agent.poll();
      if (message?.messageType !== 'PipelineAgentJobRequest') throw new Error(`no job but ${JSON.stringify(message)}`);
      return JSON.parse(message.body) as JobRequest;
    },
    renew: async (job) =>
      (await server.call('PATCH', `${pool}/jobrequests/${job.requestId}?lockToken=${job.lockToken}`, {}, token)).status,
    complete: async (job, result, outputs = {}) =>
      (
        await server.call(
          'POST',
          `${planPath(job)}/events?lockToken=${job.lockToken}`,
          { name: 'JobCompleted', jobId: job.jobId, requestId: job.requestId, result, outputs },
          jobTokenOf(job),
        )
      ).status,
  };
  return agent;
}
