import type { Migration } from '../store/index.ts';

/** Documents are JSON text; times ISO-8601; `sequence` orders rows by creation; `name_key` is the name in lower case. */
export type MlTables = {
  ml_groups: { subscription_id: string; name_key: string; document: string };
  ml_workspaces: {
    id: string;
    subscription_key: string;
    group_key: string;
    name_key: string;
    document: string;
    sequence: number;
  };
  /** `id_key` is a whole resource id in lower case, `collection_key` the same without the name; `secrets` is sealed by the vault. */
  ml_resources: {
    id_key: string;
    collection_key: string;
    document: string;
    secrets: string | null;
    sequence: number;
  };
  ml_computes: { workspace_id: string; name_key: string; document: string; sequence: number };
  /** `secrets` is sealed by the vault. */
  ml_datastores: {
    workspace_id: string;
    name: string;
    document: string;
    secrets: string | null;
    is_default: number;
    sequence: number;
  };
  /** The assets' tables serve registries too: `workspace_id` is the registry's id there. `hidden`: only anonymous versions have it. */
  ml_containers: {
    workspace_id: string;
    kind: string;
    name: string;
    document: string;
    sequence: number;
    archived: number;
    hidden: number;
  };
  ml_versions: {
    workspace_id: string;
    kind: string;
    name: string;
    version: string;
    document: string;
    content_hash: string | null;
    sequence: number;
    archived: number;
    /** Which output of which run became this version, at most one of each; null for what a client made. */
    origin: string | null;
  };
  /** Where the content of a version that isn't registered yet goes. */
  ml_pending_uploads: {
    workspace_id: string;
    kind: string;
    name: string;
    version: string;
    upload_id: string;
    container: string;
  };
  /** `next_fire`: milliseconds since 1970; null for one that never fires. */
  ml_schedules: {
    workspace_id: string;
    name: string;
    document: string;
    enabled: number;
    next_fire: number | null;
    sequence: number;
  };
  ml_registries: { id: string; name_key: string; document: string; sequence: number };
  /** Jobs that schedules owe. */
  ml_schedule_firings: { workspace_id: string; schedule: string; job: string; at: string };
  /** A submitted job as clients see it. */
  ml_jobs: { workspace_id: string; name: string; document: string; sequence: number; ended: number };
  /** Every run of a job: the job itself and the nodes below it. `plan` never changes. */
  ml_runs: {
    workspace_id: string;
    run_id: string;
    job: string;
    parent: string | null;
    position: number;
    plan: string;
  };
  /** What changes of a run: apart, because a plan is twenty times as long and would be written again with each change. */
  ml_run_states: { workspace_id: string; run_id: string; state: string };
  /** Completed runs whose result equal ones take over. */
  ml_reusable: { workspace_id: string; content_key: string; run_id: string; job: string };
  /** Calls owed at a job's end. `target` is sealed: it holds the token of who waits. */
  ml_webhooks: {
    id: string;
    workspace_id: string;
    job: string;
    name: string;
    shown: string;
    target: string;
    state: string;
    attempts: number;
  };
};

const scheduleMigrations: Migration[] = [
  {
    name: 'mlschedules/0001-schedules',
    statements: [
      'CREATE TABLE ml_schedules (workspace_id TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, enabled INTEGER NOT NULL, next_fire BIGINT, sequence BIGINT NOT NULL, PRIMARY KEY (workspace_id, name))',
      'CREATE INDEX ml_schedules_next ON ml_schedules (enabled, next_fire)',
      'CREATE TABLE ml_schedule_firings (workspace_id TEXT NOT NULL, schedule TEXT NOT NULL, job TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (workspace_id, job))',
    ],
  },
];

const registryMigrations: Migration[] = [
  {
    name: 'mlregistries/0001-registries',
    statements: [
      'CREATE TABLE ml_registries (id TEXT PRIMARY KEY, name_key TEXT NOT NULL UNIQUE, document TEXT NOT NULL, sequence BIGINT NOT NULL)',
    ],
  },
];

/** Assets are numbered by themselves. An older database has no container for a name that no client changed. */
const assetMigrations: Migration[] = [
  {
    name: 'mlassets/0001-containers',
    statements: [
      'ALTER TABLE ml_versions ADD COLUMN archived INTEGER NOT NULL DEFAULT 0',
      `UPDATE ml_versions SET archived = 1 WHERE document LIKE '%"isArchived":true%'`,
      'ALTER TABLE ml_containers ADD COLUMN archived INTEGER NOT NULL DEFAULT 0',
      'ALTER TABLE ml_containers ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0',
      `UPDATE ml_containers SET archived = 1 WHERE document LIKE '%"isArchived":true%'`,
      `UPDATE ml_containers SET document = '{"properties":' || document || '}'`,
      `INSERT INTO ml_containers (workspace_id, kind, name, document, sequence, archived, hidden) SELECT workspace_id, kind, name, '{}', MIN(sequence), 0, MIN(CASE WHEN document LIKE '%"isAnonymous":true%' THEN 1 ELSE 0 END) FROM ml_versions WHERE NOT EXISTS (SELECT 1 FROM ml_containers held WHERE held.workspace_id = ml_versions.workspace_id AND held.kind = ml_versions.kind AND held.name = ml_versions.name) GROUP BY workspace_id, kind, name`,
      'CREATE INDEX ml_versions_newest ON ml_versions (workspace_id, kind, name, sequence)',
      'CREATE INDEX ml_containers_newest ON ml_containers (workspace_id, kind, sequence)',
      'CREATE TABLE ml_pending_uploads (workspace_id TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL, upload_id TEXT NOT NULL, container TEXT NOT NULL, PRIMARY KEY (workspace_id, kind, name, version))',
    ],
  },
  {
    name: 'mlassets/0002-origin',
    statements: [
      'ALTER TABLE ml_versions ADD COLUMN origin TEXT',
      // An older server told them by their content hash. Of two that it made of one output, the first is the one that jobs read.
      `UPDATE ml_versions SET origin = content_hash WHERE content_hash LIKE 'output:%' AND NOT EXISTS (SELECT 1 FROM ml_versions held WHERE held.workspace_id = ml_versions.workspace_id AND held.content_hash = ml_versions.content_hash AND (held.sequence < ml_versions.sequence OR (held.sequence = ml_versions.sequence AND held.kind || '/' || held.name || '/' || held.version < ml_versions.kind || '/' || ml_versions.name || '/' || ml_versions.version)))`,
      `UPDATE ml_versions SET content_hash = NULL WHERE content_hash LIKE 'output:%'`,
      'CREATE UNIQUE INDEX ml_versions_origin ON ml_versions (workspace_id, origin)',
    ],
  },
];

export const mlMigrations: Migration[] = [
  {
    name: 'ml/0001-resources',
    statements: [
      'CREATE TABLE ml_groups (subscription_id TEXT NOT NULL, name_key TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (subscription_id, name_key))',
      'CREATE TABLE ml_workspaces (id TEXT PRIMARY KEY, subscription_key TEXT NOT NULL, group_key TEXT NOT NULL, name_key TEXT NOT NULL, document TEXT NOT NULL, sequence BIGINT NOT NULL, UNIQUE (subscription_key, group_key, name_key))',
      'CREATE TABLE ml_computes (workspace_id TEXT NOT NULL, name_key TEXT NOT NULL, document TEXT NOT NULL, sequence BIGINT NOT NULL, PRIMARY KEY (workspace_id, name_key))',
      'CREATE TABLE ml_datastores (workspace_id TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, secrets TEXT, is_default INTEGER NOT NULL, sequence BIGINT NOT NULL, PRIMARY KEY (workspace_id, name))',
      'CREATE TABLE ml_containers (workspace_id TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, sequence BIGINT NOT NULL, PRIMARY KEY (workspace_id, kind, name))',
      'CREATE TABLE ml_versions (workspace_id TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL, document TEXT NOT NULL, content_hash TEXT, sequence BIGINT NOT NULL, PRIMARY KEY (workspace_id, kind, name, version))',
      'CREATE INDEX ml_versions_hash ON ml_versions (workspace_id, kind, content_hash)',
    ],
  },
  {
    name: 'ml/0002-jobs',
    statements: [
      'CREATE TABLE ml_jobs (workspace_id TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, sequence BIGINT NOT NULL, ended INTEGER NOT NULL, PRIMARY KEY (workspace_id, name))',
      'CREATE INDEX ml_jobs_open ON ml_jobs (ended)',
      'CREATE TABLE ml_runs (workspace_id TEXT NOT NULL, run_id TEXT NOT NULL, job TEXT NOT NULL, parent TEXT, position INTEGER NOT NULL, plan TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (workspace_id, run_id))',
      'CREATE INDEX ml_runs_job ON ml_runs (workspace_id, job)',
      'CREATE TABLE ml_webhooks (id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL, job TEXT NOT NULL, name TEXT NOT NULL, shown TEXT NOT NULL, target TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, UNIQUE (workspace_id, job, name))',
    ],
  },
  ...assetMigrations,
  {
    name: 'mlarm/0001-resources',
    statements: [
      'CREATE TABLE ml_resources (id_key TEXT PRIMARY KEY, collection_key TEXT NOT NULL, document TEXT NOT NULL, secrets TEXT, sequence BIGINT NOT NULL)',
      'CREATE INDEX ml_resources_collection ON ml_resources (collection_key)',
    ],
  },
  {
    name: 'mljobs/0001-reusable',
    statements: [
      'CREATE TABLE ml_reusable (workspace_id TEXT NOT NULL, content_key TEXT NOT NULL, run_id TEXT NOT NULL, job TEXT NOT NULL, PRIMARY KEY (workspace_id, content_key))',
      'CREATE INDEX ml_reusable_job ON ml_reusable (workspace_id, job)',
      // A run is found by its parent when its children are asked for.
      'CREATE INDEX ml_runs_parent ON ml_runs (workspace_id, parent)',
    ],
  },
  {
    name: 'mljobs/0002-run-states',
    statements: [
      'CREATE TABLE ml_run_states (workspace_id TEXT NOT NULL, run_id TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (workspace_id, run_id))',
      'INSERT INTO ml_run_states SELECT workspace_id, run_id, state FROM ml_runs',
      'ALTER TABLE ml_runs DROP COLUMN state',
    ],
  },
  ...scheduleMigrations,
  ...registryMigrations,
];

let last = 0;
/** A number above every earlier one of this process, near the microseconds since 1970: orders rows by their creation. */
export function nextSequence(now: Date): number {
  last = Math.max(last + 1, now.getTime() * 1000);
  return last;
}
