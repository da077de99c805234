import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { AgentMessage, JobCompletedEvent, JobRequest, JobStep, TimelineRecordUpdate } from '../contracts/agent.ts';
import { newGuid } from '../kernel/ids.ts';

/** The server's side of the agent protocol, in memory, over real HTTP: what the agent's tests speak with. */
export type FakeServer = {
  readonly url: string;
  readonly token: string;
  /** Every request's method and path, in order. */
  readonly requests: string[];
  readonly records: Map<string, TimelineRecordUpdate>;
  /** Updates in the order in which they came. */
  readonly updates: TimelineRecordUpdate[];
  readonly logs: Map<number, string[]>;
  readonly feed: { recordId: string; startLine: number; lines: string[] }[];
  readonly events: JobCompletedEvent[];
  readonly artifacts: Map<string, Buffer>;
  /** Everything that was sent, to be searched for secrets. */
  readonly received: string[];
  queue(job: JobRequest): void;
  cancel(jobId: string, timeout?: number): void;
  /** What to do instead of answering; undefined answers as usual. */
  intercept: ((request: IncomingMessage, response: ServerResponse, body: string) => boolean) | undefined;
  /** Answers renewals with a conflict from now on. */
  refuseRenewals(): void;
  /** Stops listening and cuts every connection, as a killed process does. */
  kill(): Promise<void>;
  /** Listens again, on the same port unless another is asked for. */
  revive(port?: number): Promise<string>;
  close(): Promise<void>;
  logOf(recordId: string): string[];
  /** Resolves when the job has been reported. */
  completed(): Promise<JobCompletedEvent>;
};

const lockMs = 3000;

export async function startFakeServer(): Promise<FakeServer> {
  const messages: AgentMessage[] = [];
  let waiters: (() => void)[] = [];
  let completionWaiters: ((event: JobCompletedEvent) => void)[] = [];
  let renewalsRefused = false;
  let messageId = 0;
  const sockets = new Set<Socket>();
  const push = (messageType: AgentMessage['messageType'], body: unknown) => {
    messages.push({ messageId: ++messageId, messageType, body: JSON.stringify(body) });
    for (const wake of waiters) wake();
    waiters = [];
  };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const bytes = Buffer.concat(parts);
    const body = bytes.toString('utf8');
    const url = new URL(request.url ?? '/', 'http://fake');
    const path = url.pathname.replace(/^\/millrace/, '');
    fake.requests.push(`${request.method} ${path}`);
    fake.received.push(body);
    if (fake.intercept?.(request, response, body)) return;
    const answer = (status: number, value?: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(value === undefined ? '' : JSON.stringify(value));
    };
    const is = (method: string, pattern: RegExp) => (request.method === method ? pattern.exec(path) : null);
    if (is('POST', /\/sessions$/)) return answer(200, { sessionId: newGuid() });
    if (is('DELETE', /\/sessions\//)) return answer(204);
    if (is('GET', /\/messages$/)) {
      const last = Number(url.searchParams.get('lastMessageId') ?? 0);
      const find = () => messages.find((message) => message.messageId > last);
      if (!find()) {
        await new Promise<void>((resolve) => {
          waiters.push(resolve);
          request.socket.once('close', () => resolve());
        });
      }
      const message = find();
      return message ? answer(200, message) : answer(204);
    }
    const acknowledged = is('DELETE', /\/messages\/(\d+)$/);
    if (acknowledged) {
      const at = messages.findIndex((message) => message.messageId === Number(acknowledged[1]));
      if (at >= 0) messages.splice(at, 1);
      return answer(204);
    }
    if (is('POST', /\/rehearsals$/)) return answer(204);
    if (is('PATCH', /\/jobrequests\/\d+$/)) {
      if (renewalsRefused) return answer(409, { message: 'The lock token is stale.' });
      return answer(200, { lockedUntil: new Date(Date.now() + lockMs).toISOString() });
    }
    if (is('PATCH', /\/records$/)) {
      for (const update of (JSON.parse(body) as { value: TimelineRecordUpdate[] }).value) {
        fake.updates.push(update);
        fake.records.set(update.id, { ...fake.records.get(update.id), ...update });
      }
      return answer(200, { count: 0, value: [] });
    }
    if (is('POST', /\/logbatches$/)) {
      const { value } = JSON.parse(body) as { value: { lines: string[] }[] };
      return answer(200, {
        value: value.map(({ lines }) => {
          const id = fake.logs.size + 1;
          fake.logs.set(id, [...lines]);
          return { id };
        }),
      });
    }
    if (is('POST', /\/logs$/)) {
      const id = fake.logs.size + 1;
      fake.logs.set(id, []);
      return answer(200, { id });
    }
    if (is('GET', /\/logs$/)) {
      return answer(200, { value: [...fake.logs].map(([id, lines]) => ({ id, lineCount: lines.length })) });
    }
    const appended = is('POST', /\/logs\/(\d+)$/);
    if (appended) {
      fake.logs.get(Number(appended[1]))?.push(...body.replace(/\n$/, '').split('\n'));
      return answer(200, {});
    }
    const feed = is('POST', /\/records\/([^/]+)\/feed$/);
    if (feed) {
      const { value, startLine } = JSON.parse(body) as { value: string[]; startLine: number };
      fake.feed.push({ recordId: feed[1] as string, startLine, lines: value });
      return answer(204);
    }
    if (is('POST', /\/events$/)) {
      const event = JSON.parse(body) as JobCompletedEvent;
      fake.events.push(event);
      answer(204);
      for (const resolve of completionWaiters) resolve(event);
      completionWaiters = [];
      return;
    }
    const artifact = /\/_apis\/millrace\/artifacts\/(\d+)\/(.*)$/.exec(path);
    if (artifact) {
      const key = decodeURIComponent(artifact[2] as string);
      if (request.method === 'PUT') {
        fake.artifacts.set(key, bytes);
        return answer(201);
      }
      const content = fake.artifacts.get(key);
      if (content) return void response.end(content);
      const value = [...fake.artifacts.keys()]
        .filter((one) => one.startsWith(`${key}/`))
        .map((one) => ({ path: one.slice(key.length + 1) }));
      return answer(200, { count: value.length, value });
    }
    if (is('POST', /\/artifacts$/)) return answer(200, {});
    if (/\/artifacts$/.test(path)) {
      const names = new Set([...fake.artifacts.keys()].map((key) => key.split('/')[0]));
      return answer(200, { value: [...names].map((name) => ({ name })) });
    }
    if (is('PUT', /\/attachments\//)) return answer(200, {});
    return answer(404, { message: `no route ${request.method} ${path}` });
  };
  const make = () => {
    const server = createServer((request, response) => void handle(request, response));
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    return server;
  };
  let server = make();
  const listen = (port: number) =>
    new Promise<number>((resolve) => {
      server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  let port = await listen(0);
  const fake: FakeServer = {
    get url() {
      return `http://127.0.0.1:${port}/millrace`;
    },
    token: 'agent-token-0123456789',
    requests: [],
    records: new Map(),
    updates: [],
    logs: new Map(),
    feed: [],
    events: [],
    artifacts: new Map(),
    received: [],
    queue: (job) => push('PipelineAgentJobRequest', job),
    cancel: (jobId, timeout = 60) => push('JobCancellation', { jobId, timeout }),
    intercept: undefined,
    refuseRenewals() {
      renewalsRefused = true;
    },
    kill: stop,
    async revive(other) {
      server = make();
      port = await listen(other ?? port);
      return fake.url;
    },
    close: stop,
    logOf(recordId) {
      const id = fake.records.get(recordId)?.log?.id;
      return id === undefined ? [] : (fake.logs.get(id) ?? []).map((line) => line.slice(29));
    },
    completed: () =>
      fake.events[0]
        ? Promise.resolve(fake.events[0])
        : new Promise((resolve) => {
            completionWaiters.push(resolve);
          }),
  };
  return fake;
}

const bash = { id: '6c731c3c-3c68-459a-a5c9-bde6e6595b5b', name: 'Bash', version: '3.250.0' };

/** A step that runs a Bash script. */
export function bashStep(name: string, script: string, more: Partial<JobStep> = {}): JobStep {
  return {
    type: 'task',
    id: newGuid(),
    name,
    named: true,
    displayName: name,
    reference: bash,
    inputs: { targetType: 'inline', script },
    environment: {},
    condition: 'succeeded()',
    continueOnError: false,
    timeoutInMinutes: 0,
    retryCountOnTaskFailure: 0,
    ...more,
  };
}

/** A job of the given steps. */
export function jobOf(steps: readonly JobStep[], more: Partial<JobRequest> = {}): JobRequest {
  const planId = newGuid();
  return {
    messageType: 'PipelineAgentJobRequest',
    plan: { scopeIdentifier: newGuid(), planType: 'build', planId, version: 13 },
    timeline: { id: planId },
    jobId: newGuid(),
    jobDisplayName: 'Job',
    jobName: '__default',
    requestId: 1,
    lockToken: newGuid(),
    lockedUntil: new Date(Date.now() + lockMs).toISOString(),
    mask: [],
    resources: { endpoints: [], repositories: [] },
    timeoutInMinutes: 60,
    cancelTimeoutInMinutes: 1,
    steps,
    processEnvironment: {},
    prependPath: [],
    ...more,
    variables: {
      'build.buildId': { value: '7' },
      'system.collectionId': { value: 'collection' },
      'system.definitionId': { value: '3' },
      'agent.readOnlyVariables': { value: 'true' },
      ...more.variables,
    },
  };
}
