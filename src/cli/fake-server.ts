import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Build, Timeline, TimelineRecord } from './client/wire.ts';

/** A server that answers as told: builds and timelines by number, logs by id. Long polls are held until `change`. */
export type FakeServer = {
  readonly url: string;
  readonly requests: { readonly method: string; readonly path: string; readonly body: unknown }[];
  build: Build;
  timeline: Timeline;
  logs: Record<number, readonly string[]>;
  localRun: { status: number; body: unknown };
  change(build: Partial<Build>, records: readonly TimelineRecord[]): void;
  onCancel: () => void;
  close(): void;
};

/** Starts one for the length of a test. */
export async function startFakeServer(context: TestContext): Promise<FakeServer> {
  const held = new Set<() => void>();
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const text = Buffer.concat(pieces).toString('utf8');
    fake.requests.push({
      method: request.method ?? '',
      path: request.url ?? '',
      body: text ? JSON.parse(text) : undefined,
    });
    answer(request, response);
  });
  const json = (response: ServerResponse, status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '', 'http://x');
    const path = url.pathname.replace('/millrace/default/_apis/', '');
    assert.equal(request.headers.authorization, `Basic ${Buffer.from(':token').toString('base64')}`);
    if (path === 'millrace/localruns') return json(response, fake.localRun.status, fake.localRun.body);
    if (path === 'build/builds') return json(response, 200, { count: 1, value: [fake.build] });
    if (path === `build/builds/${fake.build.id}`) {
      if (request.method === 'PATCH') fake.onCancel();
      return json(response, 200, fake.build);
    }
    if (path === `build/builds/${fake.build.id}/timeline`) {
      const send = () => json(response, 200, fake.timeline);
      const since = url.searchParams.get('changeId');
      if (since === null || fake.timeline.changeId > Number(since) || fake.build.status === 'completed') return send();
      held.add(send);
      return;
    }
    if (path === `build/builds/${fake.build.id}/logs`) {
      const value = Object.entries(fake.logs).map(([id, lines]) => ({ id: Number(id), lineCount: lines.length }));
      return json(response, 200, { count: value.length, value });
    }
    const log = /logs\/(\d+)$/.exec(path)?.[1];
    if (log) {
      const value = (fake.logs[Number(log)] ?? []).slice(Number(url.searchParams.get('startLine') ?? 1) - 1);
      return json(response, 200, { count: value.length, value });
    }
    json(response, 404, { message: `There is no ${path}.` });
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fake: FakeServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    build: { id: 7, buildNumber: '20260105.1', status: 'inProgress', startTime: '2026-01-05T10:00:00Z' },
    timeline: { id: 'plan', changeId: 1, records: [] },
    logs: {},
    localRun: { status: 201, body: { id: 7, name: '20260105.1' } },
    change(build, records) {
      fake.build = { ...fake.build, ...build };
      fake.timeline = { ...fake.timeline, changeId: fake.timeline.changeId + 1, records };
      for (const send of held) send();
      held.clear();
    },
    onCancel: () => undefined,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  context.after(() => fake.close());
  return fake;
}
