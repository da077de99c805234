import type { FastifyRequest } from 'fastify';
import type { Authenticate, TokenIssuer } from '../../http/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { notFound } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import type { TrackingService } from '../tracking/index.ts';
import type { BlobAccess, JobReader, RunView, Workspace, WorkspaceReader } from '../types.ts';

export type DataPlaneDeps = {
  readonly workspaces: WorkspaceReader;
  readonly jobs: JobReader;
  readonly blobs: Pick<BlobAccess, 'pathOf' | 'signContainerSas'>;
  readonly tracking: TrackingService;
  readonly tokens: Pick<TokenIssuer, 'mlRunToken'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly authenticate: Authenticate;
};

/** Where run history addresses one run: alone, under its experiment's name, and under its experiment's id. */
export const RUN_PATHS = [
  '/runs/:runId',
  '/experiments/:experiment/runs/:runId',
  '/experimentids/:experiment/runs/:runId',
];

/** @throws not-found as the clients know it */
export async function findRun(deps: DataPlaneDeps, workspace: Workspace, runId: string): Promise<RunView> {
  const run = await deps.jobs.run(workspace, runId);
  if (!run)
    throw notFound(`Run ${runId} was not found in workspace '${workspace.name}'.`, {
      wire: 'RunNotFound',
      target: 'runId',
    });
  return run;
}

/** The address under which the caller reached this service. Public names are served over TLS by the gateway. */
export function originOf(request: FastifyRequest): string {
  const host = request.headers.host ?? '127.0.0.1';
  return `${/^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i.test(host) ? 'http' : 'https'}://${host}`;
}

export const parameter = (request: FastifyRequest, name: string): string =>
  (request.params as Record<string, string | undefined>)[name] ?? '';
