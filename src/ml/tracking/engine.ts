import { notFound } from '../../kernel/errors.ts';
import type { JobStatus, Tracking } from '../types.ts';
import type { TrackingDeps } from './call.ts';
import { ensureExperiment } from './experiments.ts';
import { writeTags } from './write-entries.ts';

/** How MLflow calls a job's states. */
export function mlflowStatus(status: JobStatus): string {
  switch (status) {
    case 'NotStarted':
    case 'Starting':
    case 'Provisioning':
    case 'Preparing':
    case 'Queued':
      return 'SCHEDULED';
    case 'Running':
    case 'Finalizing':
    case 'CancelRequested':
      return 'RUNNING';
    case 'Completed':
      return 'FINISHED';
    case 'Failed':
    case 'NotResponding':
      return 'FAILED';
    case 'Canceled':
      return 'KILLED';
  }
}

const milliseconds = (time: string | undefined) => (time === undefined ? undefined : Date.parse(time));

/** Tracking as the job engine uses it: the run of a job is the MLflow run of the same id. */
export function createEngineTracking(deps: Pick<TrackingDeps, 'store' | 'clock'>): Tracking {
  return {
    async ensureRuns(runs) {
      const first = runs[0];
      if (!first) throw notFound('No runs were given.');
      return deps.store.write(async (writer) => {
        const now = deps.clock.now().getTime();
        const experimentId = await ensureExperiment(writer, first.workspace.id, first.experimentName, now);
        for (const run of runs) {
          const place = { workspace_id: run.workspace.id, run_id: run.runId };
          const added = await writer
            .insertInto('mltrack_runs')
            .values({
              ...place,
              experiment_id: experimentId,
              name: run.displayName,
              status: 'SCHEDULED',
              user_id: '',
              started: Date.parse(run.createdAt),
              ended: null,
              lifecycle: 'active',
              is_job: 1,
              inputs: '[]',
              outputs: '[]',
            })
            .onConflict((conflict) => conflict.doNothing())
            .executeTakeFirst();
          if (added.numInsertedOrUpdatedRows === 0n) continue;
          const tags: Record<string, string> = {
            ...run.tags,
            'mlflow.runName': run.displayName,
            'mlflow.rootRunId': run.rootRunId,
          };
          if (run.parentRunId !== undefined) tags['mlflow.parentRunId'] = run.parentRunId;
          await writeTags(
            writer,
            place,
            Object.entries(tags).map(([key, value]) => ({ key, value })),
          );
        }
        return { experimentId };
      });
    },
    async setStatuses(changes) {
      if (changes.length === 0) return;
      await deps.store.write(async (writer) => {
        for (const change of changes) {
          const started = milliseconds(change.startedAt);
          await writer
            .updateTable('mltrack_runs')
            .set({
              status: mlflowStatus(change.status),
              ended: milliseconds(change.endedAt) ?? null,
              ...(started === undefined ? {} : { started }),
            })
            .where('workspace_id', '=', change.workspaceId)
            .where('run_id', '=', change.runId)
            .execute();
        }
      });
    },
  };
}
