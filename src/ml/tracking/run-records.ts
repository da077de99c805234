import { conflict, invalid, notFound } from '../../kernel/errors.ts';
import type { Writer } from '../../store/index.ts';
import type { TrackingDeps } from './call.ts';
import { ensureExperiment } from './experiments.ts';
import type { TrackingTables } from './tables.ts';
import { writeTags } from './write-entries.ts';

/** A run as tracking keeps it: its name and tags are the truth for whoever shows the run. Times in milliseconds since 1970. */
export type RunRecord = {
  readonly runId: string;
  readonly experimentId: string;
  readonly name: string;
  /** MLflow's word. */
  readonly status: string;
  readonly isJob: boolean;
  readonly isDeleted: boolean;
  readonly started?: number;
  readonly ended?: number;
  readonly userId: string;
  /** All of them, MLflow's own among them. */
  readonly tags: Readonly<Record<string, string>>;
};

export type ExperimentRecord = {
  readonly experimentId: string;
  readonly name: string;
  readonly created: number;
  readonly isDeleted: boolean;
  readonly tags: Readonly<Record<string, string>>;
};

export type RunChange = {
  readonly name?: string;
  readonly setTags?: Readonly<Record<string, string>>;
  readonly removeTags?: readonly string[];
  /** MLflow's word; not for the run of a job, whose status the job engine alone decides. */
  readonly status?: string;
  readonly started?: number;
  readonly ended?: number;
};

/** Runs and experiments for those who know them by other APIs than MLflow's. */
export type RunRecords = {
  /** Those of the given runs that are there. */
  find(workspaceId: string, runIds: readonly string[]): Promise<ReadonlyMap<string, RunRecord>>;
  /** The runs of an experiment, or those that a run is the parent of; the latest first. */
  list(workspaceId: string, of: { experimentId: string } | { parent: string }): Promise<readonly RunRecord[]>;
  /** @throws not-found when there is no such run, and invalid when it is deleted */
  change(workspaceId: string, runId: string, change: RunChange): Promise<void>;
  /** @throws conflict when there is such a run */
  create(workspaceId: string, run: { runId: string; experiment: string; name: string; userId: string }): Promise<void>;
  experiments(workspaceId: string): Promise<readonly ExperimentRecord[]>;
  /** Makes the experiment of a name where there is none; a deleted one is brought back. */
  ensureExperiment(workspaceId: string, name: string): Promise<void>;
};

/** Below the 999 parameters that every SQLite takes. */
const AT_ONCE = 500;
const NOTE = 'mlflow.note.content';

/** The tags of a run that its user gave it: without those that MLflow keeps its own words in. */
export function ownTags(record: Pick<RunRecord, 'tags'>): Record<string, string> {
  return Object.fromEntries(Object.entries(record.tags).filter(([key]) => !key.startsWith('mlflow.')));
}

/** The description of a run: MLflow's note. */
export function noteOf(record: Pick<RunRecord, 'tags'>): string | undefined {
  return record.tags[NOTE];
}

/** The tag that a description is kept in. */
export const noteTag = (text: string): Record<string, string> => ({ [NOTE]: text });

const HIDDEN = 'mlflow.azureml.hidden';

/** Whether a run was put away; undefined when nobody ever said so. */
export function isHidden(record: Pick<RunRecord, 'tags'>): boolean | undefined {
  const said = record.tags[HIDDEN];
  return said === undefined ? undefined : said === 'true';
}

/** The tag that keeps whether a run is put away. */
export const hiddenTag = (hidden: boolean): Record<string, string> => ({ [HIDDEN]: String(hidden) });

/** MLflow knows no properties: each is a tag of this beginning, which MLflow's own views leave out as they do all of theirs. */
const PROPERTY = 'mlflow.azureml.property.';

/** The properties that were given to a run after it was made. */
export function addedProperties(record: Pick<RunRecord, 'tags'>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record.tags).flatMap(([key, value]) =>
      key.startsWith(PROPERTY) ? [[key.slice(PROPERTY.length), value]] : [],
    ),
  );
}

/** The tags that properties are kept in. */
export function propertyTags(properties: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [`${PROPERTY}${key}`, value]));
}

export function createRunRecords(deps: Pick<TrackingDeps, 'store' | 'clock'>): RunRecords {
  const { read } = deps.store;
  const withTags = async (workspaceId: string, rows: readonly RunRow[]) => {
    const tags = new Map<string, Record<string, string>>(rows.map((row) => [row.run_id, {}]));
    for (let at = 0; at < rows.length; at += AT_ONCE) {
      const found = await read
        .selectFrom('mltrack_tags')
        .select(['run_id', 'key', 'value'])
        .where('workspace_id', '=', workspaceId)
        .where(
          'run_id',
          'in',
          rows.slice(at, at + AT_ONCE).map((row) => row.run_id),
        )
        .execute();
      for (const { run_id, key, value } of found) (tags.get(run_id) as Record<string, string>)[key] = value;
    }
    return rows.map((row) => recordOf(row, tags.get(row.run_id) ?? {}));
  };
  const runs = (workspaceId: string) =>
    read
      .selectFrom('mltrack_runs')
      .select(['run_id', 'experiment_id', 'name', 'status', 'is_job', 'lifecycle', 'started', 'ended', 'user_id'])
      .where('workspace_id', '=', workspaceId);
  return {
    async find(workspaceId, runIds) {
      const found = new Map<string, RunRecord>();
      for (let at = 0; at < runIds.length; at += AT_ONCE) {
        const rows = await runs(workspaceId)
          .where('run_id', 'in', runIds.slice(at, at + AT_ONCE))
          .execute();
        for (const record of await withTags(workspaceId, rows)) found.set(record.runId, record);
      }
      return found;
    },
    async list(workspaceId, of) {
      const rows =
        'experimentId' in of
          ? runs(workspaceId).where('experiment_id', '=', of.experimentId)
          : runs(workspaceId).where('run_id', 'in', (query) =>
              query
                .selectFrom('mltrack_tags')
                .select('run_id')
                .where('workspace_id', '=', workspaceId)
                .where('key', '=', 'mlflow.parentRunId')
                .where('value', '=', of.parent),
            );
      return withTags(workspaceId, await rows.orderBy('started', 'desc').orderBy('run_id').execute());
    },
    async change(workspaceId, runId, change) {
      await deps.store.write(async (writer) => {
        const place = { workspace_id: workspaceId, run_id: runId };
        const row = await writer
          .selectFrom('mltrack_runs')
          .select(['lifecycle', 'is_job'])
          .where('workspace_id', '=', workspaceId)
          .where('run_id', '=', runId)
          .executeTakeFirst();
        if (!row) throw notFound(`Run ${runId} was not found.`, { wire: 'RunNotFound', target: 'runId' });
        if (row.lifecycle !== 'active') throw invalid(`The run '${runId}' is deleted: restore it before changing it.`);
        const set = { ...change.setTags, ...(change.name === undefined ? {} : { 'mlflow.runName': change.name }) };
        await writeTags(
          writer,
          place,
          Object.entries(set).map(([key, value]) => ({ key, value })),
        );
        for (const key of change.removeTags ?? [])
          await writer
            .deleteFrom('mltrack_tags')
            .where('workspace_id', '=', workspaceId)
            .where('run_id', '=', runId)
            .where('key', '=', key)
            .execute();
        if (row.is_job === 0) await writeStatus(writer, place, change);
      });
    },
    async create(workspaceId, run) {
      await deps.store.write(async (writer) => {
        const now = deps.clock.now().getTime();
        const place = { workspace_id: workspaceId, run_id: run.runId };
        const added = await writer
          .insertInto('mltrack_runs')
          .values({
            ...place,
            experiment_id: await ensureExperiment(writer, workspaceId, run.experiment, now),
            name: run.name,
            status: 'SCHEDULED',
            user_id: run.userId,
            started: now,
            ended: null,
            lifecycle: 'active',
            is_job: 0,
            inputs: '[]',
            outputs: '[]',
          })
          .onConflict((columns) => columns.doNothing())
          .executeTakeFirst();
        if (added.numInsertedOrUpdatedRows === 0n) throw conflict(`There is a run ${run.runId} already.`);
        await writeTags(writer, place, [{ key: 'mlflow.runName', value: run.name }]);
      });
    },
    async ensureExperiment(workspaceId, name) {
      await deps.store.write((writer) => ensureExperiment(writer, workspaceId, name, deps.clock.now().getTime()));
    },
    async experiments(workspaceId) {
      const rows = await read
        .selectFrom('mltrack_experiments')
        .selectAll()
        .where('workspace_id', '=', workspaceId)
        .orderBy('created', 'desc')
        .execute();
      return rows.map((row) => ({
        experimentId: row.experiment_id,
        name: row.name,
        created: row.created,
        isDeleted: row.lifecycle !== 'active',
        tags: JSON.parse(row.tags) as Record<string, string>,
      }));
    },
  };
}

type RunRow = {
  run_id: string;
  experiment_id: string;
  name: string;
  status: string;
  is_job: number;
  lifecycle: string;
  started: number | null;
  ended: number | null;
  user_id: string;
};

function recordOf(row: RunRow, tags: Readonly<Record<string, string>>): RunRecord {
  return {
    runId: row.run_id,
    experimentId: row.experiment_id,
    name: row.name,
    status: row.status,
    isJob: row.is_job === 1,
    isDeleted: row.lifecycle !== 'active',
    ...(row.started === null ? {} : { started: row.started }),
    ...(row.ended === null ? {} : { ended: row.ended }),
    userId: row.user_id,
    tags,
  };
}

async function writeStatus(
  writer: Writer<TrackingTables>,
  place: { workspace_id: string; run_id: string },
  { status, started, ended }: RunChange,
): Promise<void> {
  if (status === undefined && started === undefined && ended === undefined) return;
  await writer
    .updateTable('mltrack_runs')
    .set({
      ...(status === undefined ? {} : { status }),
      ...(started === undefined ? {} : { started }),
      ...(ended === undefined ? {} : { ended }),
    })
    .where('workspace_id', '=', place.workspace_id)
    .where('run_id', '=', place.run_id)
    .execute();
}
