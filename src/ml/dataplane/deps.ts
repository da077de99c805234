import type { FastifyRequest } from 'fastify';
import type { Authenticate, TokenIssuer } from '../../http/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { notFound } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import type { AssetContainers } from '../containers.ts';
import type { Datastores } from '../datastores.ts';
import type { Registries } from '../registries.ts';
import type { TrackingService } from '../tracking/index.ts';
import type { BlobAccess, JobReader, RunView, Workspace, WorkspaceReader } from '../types.ts';
import type { AssetVersions } from '../versions.ts';
import { trackedRun, withRecord } from './shown-run.ts';

export type DataPlaneDeps = {
  readonly workspaces: WorkspaceReader;
  readonly registries: Pick<Registries, 'byName'>;
  readonly tenantId: string;
  readonly jobs: JobReader;
  readonly blobs: Pick<BlobAccess, 'pathOf' | 'signContainerSas'>;
  readonly tracking: TrackingService;
  readonly versions: AssetVersions;
  readonly containers: AssetContainers;
  readonly datastores: Pick<Datastores, 'find'>;
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
  const [run] = await shownRuns(deps, workspace, [runId]);
  if (!run)
    throw notFound(`Run ${runId} was not found in workspace '${workspace.name}'.`, {
      wire: 'RunNotFound',
      target: 'runId',
    });
  return run;
}

/** Those of the given runs that are there, whether a job made them or a script only logged them. */
export async function shownRuns(
  deps: DataPlaneDeps,
  workspace: Workspace,
  runIds: readonly string[],
): Promise<readonly RunView[]> {
  const records = await deps.tracking.records.find(workspace.id, runIds);
  const names = new Map<string, string>();
  if ([...records.values()].some((record) => !record.isJob))
    for (const one of await deps.tracking.records.experiments(workspace.id)) names.set(one.experimentId, one.name);
  const shown: RunView[] = [];
  for (const runId of runIds) {
    const record = records.get(runId);
    const run = record && !record.isJob ? undefined : await deps.jobs.run(workspace, runId);
    if (run) shown.push(withRecord(run, record));
    else if (record && !record.isJob && !record.isDeleted)
      shown.push(trackedRun(workspace, record, names.get(record.experimentId) ?? ''));
  }
  return shown;
}

/** The address under which the caller reached this service. Public names are served over TLS by the gateway. */
export function originOf(request: FastifyRequest): string {
  const host = request.headers.host ?? '127.0.0.1';
  return `${/^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i.test(host) ? 'http' : 'https'}://${host}`;
}

export const parameter = (request: FastifyRequest, name: string): string =>
  (request.params as Record<string, string | undefined>)[name] ?? '';
