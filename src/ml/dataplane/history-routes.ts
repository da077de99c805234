import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { forbidden, invalid, notFound } from '../../kernel/errors.ts';
import { workspaceResourceId } from '../places.ts';
import { WORKSPACE_PATH, workspaceOf } from '../tracking/index.ts';
import type { RunView, Workspace } from '../types.ts';
import { type DataPlaneDeps, findRun, originOf, parameter, RUN_PATHS, shownRuns } from './deps.ts';
import { createLateLooks } from './late-look.ts';
import { createLogLinks } from './log-links.ts';
import { wireDetails, wireRun, withTypesFor } from './run-wire.ts';

const BASE = `/history/v1.0${WORKSPACE_PATH}`;
const CHILDREN_PAGE = 100;
const TOKEN_LIFETIME = 24 * 60 * 60 * 1000;

/** Run history: runs, their details, children, logs, and the tokens that running jobs renew. */
export function registerHistory(service: FastifyInstance, deps: DataPlaneDeps): void {
  const links = createLogLinks();
  const looks = createLateLooks();
  const now = () => deps.clock.now().toISOString();
  const found = async (request: FastifyRequest): Promise<{ workspace: Workspace; run: RunView }> => {
    const workspace = await workspaceOf(deps.workspaces, request);
    return { workspace, run: await findRun(deps, workspace, parameter(request, 'runId')) };
  };

  const details = async (request: FastifyRequest) => {
    const { workspace, run } = await found(request);
    const base = `${originOf(request)}/history/v1.0${workspaceResourceId(workspace)}/runs/${encodeURIComponent(run.runId)}/logs`;
    const files: Record<string, string> = {};
    for (const { path } of await deps.jobs.logFiles(workspace, run.runId)) {
      const signed = links.sign(workspace.id, run.runId, path, deps.clock.now());
      files[path] = `${base}/${path.split('/').map(encodeURIComponent).join('/')}?${signed}`;
    }
    return wireDetails(looks.see(run, request.headers['user-agent'], deps.clock.now()), now(), files);
  };

  const children = async (request: FastifyRequest) => {
    const { workspace, run } = await found(request);
    const query = request.query as Record<string, string | undefined>;
    const size = Math.min(1000, Math.max(1, Number(query.$top ?? query.top) || CHILDREN_PAGE));
    const offset = Number(query.$continuationtoken ?? query.$continuationToken ?? 0) || 0;
    const all = (await deps.jobs.children(workspace, run.runId)).map((child) => child.runId);
    // Nested runs that a script logged below the run come after the jobs.
    const known = new Set(all);
    for (const record of (await deps.tracking.records.list(workspace.id, { parent: run.runId })).toReversed())
      if (!known.has(record.runId)) all.push(record.runId);
    const token = offset + size < all.length ? String(offset + size) : null;
    const next = new URL(`${originOf(request)}${request.url}`);
    if (token) next.searchParams.set('$continuationtoken', token);
    const shown = await shownRuns(deps, workspace, all.slice(offset, offset + size));
    return {
      value: shown.map((child) => wireRun(child, now())),
      continuationToken: token,
      nextLink: token ? next.href : null,
    };
  };

  const renew = async (request: FastifyRequest) => {
    const workspace = await workspaceOf(deps.workspaces, request);
    const runId = parameter(request, 'runId');
    const { principal } = request;
    if (principal.kind === 'ml-run' && principal.runId !== runId) throw forbidden('A run renews its own token only.');
    const run = await findRun(deps, workspace, runId);
    if (run.endedAt !== undefined) throw invalid(`Run ${runId} has ended: it gets no new token.`);
    const expires = new Date(deps.clock.now().getTime() + TOKEN_LIFETIME);
    return {
      token: await deps.tokens.mlRunToken({ workspaceId: workspace.id, runId, expires }),
      expiryTimeUtc: expires.toISOString(),
    };
  };

  for (const path of RUN_PATHS) {
    service.get(`${BASE}${path}`, async (request) => wireRun((await found(request)).run, now()));
    service.get(`${BASE}${path}/details`, details);
    service.get(`${BASE}${path}/children`, children);
    service.get(`${BASE}${path}/token`, renew);
  }
  service.get(`${BASE}/runs/:runId/serviceinstances/:node`, async (request) => {
    await found(request);
    return { instances: {} };
  });
  service.post(`${BASE}/rundata`, async (request) => {
    const workspace = await workspaceOf(deps.workspaces, request);
    const runId = (request.body as { runId?: unknown } | undefined)?.runId;
    if (typeof runId !== 'string') throw invalid("The body's 'runId' is missing.", { target: 'runId' });
    return {
      runMetadata: withTypesFor(wireRun(await findRun(deps, workspace, runId), now()), request.headers['user-agent']),
      runDefinition: null,
      jobSpecification: null,
    };
  });
  // Read by plain GET, without a token: the address itself is the permission.
  service.get(`${BASE}/runs/:runId/logs/*`, { config: { open: true } }, async (request, reply) => {
    const scope = request.params as Record<string, string>;
    const workspace = await deps.workspaces.find({
      subscriptionId: scope.subscriptionId ?? '',
      resourceGroup: scope.resourceGroup ?? '',
      name: scope.workspaceName ?? '',
    });
    const runId = parameter(request, 'runId');
    const path = parameter(request, '*');
    links.check(workspace?.id ?? '', runId, path, request.query as Record<string, unknown>, deps.clock.now());
    const file = workspace && (await deps.jobs.logFiles(workspace, runId)).find((one) => one.path === path)?.file;
    if (!file) throw notFound(`Run ${runId} has no log file '${path}'.`);
    return sendLog(file, request, reply);
  });
}

/** A log may not have been written to yet, and may grow while it is sent: what is there when asked for is what is sent. */
async function sendLog(file: string, request: FastifyRequest, reply: FastifyReply) {
  const size = (await stat(file).catch(() => undefined))?.size ?? 0;
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  reply.type('text/plain; charset=utf-8').header('accept-ranges', 'bytes').header('cache-control', 'no-store');
  if (from > 0) {
    if (from >= size) return reply.code(416).header('content-range', `bytes */${size}`).send('');
    reply.code(206).header('content-range', `bytes ${from}-${size - 1}/${size}`);
  }
  if (size === 0) return reply.send('');
  return reply.header('content-length', size - from).send(createReadStream(file, { start: from, end: size - 1 }));
}
