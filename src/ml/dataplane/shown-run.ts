import { addedProperties, isHidden, noteOf, ownTags, type RunRecord } from '../tracking/index.ts';
import type { JobStatus, RunView, Workspace } from '../types.ts';

/** A job's run with what was said of it since it was submitted: its name, description, tags and further properties. */
export function withRecord(run: RunView, record: RunRecord | undefined): RunView {
  if (!record) return run;
  const description = noteOf(record) ?? run.description;
  return {
    ...run,
    displayName: record.name,
    experimentId: record.experimentId,
    hidden: isHidden(record) ?? false,
    ...(description === undefined ? {} : { description }),
    tags: ownTags(record),
    properties: { ...addedProperties(record), ...run.properties },
  };
}

/** A run that no job made: a script or a notebook of somebody's logged it. */
export function trackedRun(workspace: Workspace, record: RunRecord, experimentName: string): RunView {
  const parentRunId = record.tags['mlflow.parentRunId'];
  const description = noteOf(record);
  const time = (milliseconds: number) => new Date(milliseconds).toISOString();
  return {
    workspace,
    runId: record.runId,
    kind: 'tracked',
    ...(parentRunId === undefined ? {} : { parentRunId }),
    rootRunId: record.tags['mlflow.rootRunId'] ?? parentRunId ?? record.runId,
    name: record.name,
    displayName: record.name,
    hidden: isHidden(record) ?? false,
    ...(description === undefined ? {} : { description }),
    experimentName,
    experimentId: record.experimentId,
    status: historyStatus(record.status),
    tags: ownTags(record),
    properties: addedProperties(record),
    createdAt: time(record.started ?? 0),
    ...(record.started === undefined || record.status === 'SCHEDULED' ? {} : { startedAt: time(record.started) }),
    ...(record.ended === undefined ? {} : { endedAt: time(record.ended) }),
    warnings: [],
    inputs: {},
    outputs: {},
  };
}

/** MLflow's states in run history's words. */
function historyStatus(status: string): JobStatus {
  switch (status) {
    case 'SCHEDULED':
      return 'NotStarted';
    case 'FINISHED':
      return 'Completed';
    case 'FAILED':
      return 'Failed';
    case 'KILLED':
      return 'Canceled';
    default:
      return 'Running';
  }
}
