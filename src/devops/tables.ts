import type { Migration } from '../store/index.ts';

/** Rows of the devops slice. Times are ISO-8601 text, `document`-like columns sealed JSON text (`runs/secrets.ts`). */
export type DevopsTables = {
  devops_counters: { name: string; value: number };
  devops_projects: { id: string; name: string; document: string };
  devops_endpoints: { id: string; project_id: string; name: string; document: string };
  devops_definitions: {
    id: number;
    project_id: string;
    name: string;
    path: string;
    revision: number;
    document: string;
  };
  devops_runs: {
    id: number;
    project_id: string;
    definition_id: number;
    plan_id: string;
    number: string;
    state: string;
    result: string | null;
    queue_time: string;
    /** When `tick` has something to decide; null when nothing is timed. */
    next_due: string | null;
    /** Who, what source, which options: fixed at queue time. Sealed, as the plan and the state are. */
    info: string;
    /** The compiled plan: fixed at queue time. */
    plan: string;
  };
  /** What changes while a run goes on, apart from the fixed parts so that a step's end rewrites little. */
  devops_run_states: { run_id: number; state: string };
  devops_timelines: { plan_id: string; run_id: number; change_id: number; last_log: number };
  devops_records: { plan_id: string; id: string; change_id: number; document: string };
  devops_logs: {
    run_id: number;
    id: number;
    path: string;
    bytes: number;
    lines: number;
    created_on: string;
    changed_on: string;
  };
  devops_attachments: {
    plan_id: string;
    record_id: string;
    type: string;
    name: string;
    file: string;
    created_on: string;
  };
  devops_artifacts: { run_id: number; id: number; name: string; document: string };
  devops_tags: { run_id: number; tag: string };
  devops_pools: { id: number; name: string; document: string };
  devops_agents: { id: number; pool_id: number; name: string; document: string };
  devops_sessions: { id: string; pool_id: number; agent_id: number; agent_name: string; created_on: string };
  devops_requests: {
    id: number;
    pool_id: number;
    run_id: number;
    plan_id: string;
    job_id: string;
    state: 'queued' | 'assigned' | 'running' | 'finished';
    session_id: string | null;
    agent_name: string | null;
    /** SHA-256 of the lock token; the token itself is only in the message. */
    lock_hash: string | null;
    locked_until: string | null;
    message_id: number | null;
    queued_on: string;
    assigned_on: string | null;
    finished_on: string | null;
    result: string | null;
  };
  devops_messages: { id: number; session_id: string; type: string; body: string };
  /** Server jobs: one row holds all that such a job waits for. */
  devops_waits: {
    plan_id: string;
    job_id: string;
    run_id: number;
    step_index: number;
    phase: 'ready' | 'starting' | 'waiting';
    /** Whoever applies a result must still find this token here. */
    token: string;
    next_look: string | null;
    step_deadline: string | null;
    awaits_event: number;
    event_result: string | null;
    canceled: number;
    job_status: string;
    memory: string;
    outputs: string;
  };
};

export const devopsMigrations: Migration[] = [
  {
    name: 'devops/0001-runs',
    statements: [
      'CREATE TABLE devops_counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL)',
      'CREATE TABLE devops_projects (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, document TEXT NOT NULL)',
      'CREATE TABLE devops_endpoints (id TEXT PRIMARY KEY, project_id TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL)',
      'CREATE INDEX devops_endpoints_name ON devops_endpoints (project_id, name)',
      'CREATE TABLE devops_definitions (id INTEGER PRIMARY KEY, project_id TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL, revision INTEGER NOT NULL, document TEXT NOT NULL)',
      'CREATE TABLE devops_runs (id INTEGER PRIMARY KEY, project_id TEXT NOT NULL, definition_id INTEGER NOT NULL, plan_id TEXT NOT NULL UNIQUE, number TEXT NOT NULL, state TEXT NOT NULL, result TEXT, queue_time TEXT NOT NULL, next_due TEXT, info TEXT NOT NULL, plan TEXT NOT NULL)',
      'CREATE INDEX devops_runs_state ON devops_runs (state, next_due)',
      'CREATE TABLE devops_run_states (run_id INTEGER PRIMARY KEY, state TEXT NOT NULL)',
      'CREATE TABLE devops_timelines (plan_id TEXT PRIMARY KEY, run_id INTEGER NOT NULL, change_id INTEGER NOT NULL, last_log INTEGER NOT NULL)',
      'CREATE TABLE devops_records (plan_id TEXT NOT NULL, id TEXT NOT NULL, change_id INTEGER NOT NULL, document TEXT NOT NULL, PRIMARY KEY (plan_id, id))',
      'CREATE TABLE devops_logs (run_id INTEGER NOT NULL, id INTEGER NOT NULL, path TEXT NOT NULL, bytes BIGINT NOT NULL, lines INTEGER NOT NULL, created_on TEXT NOT NULL, changed_on TEXT NOT NULL, PRIMARY KEY (run_id, id))',
      'CREATE TABLE devops_attachments (plan_id TEXT NOT NULL, record_id TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, file TEXT NOT NULL, created_on TEXT NOT NULL, PRIMARY KEY (plan_id, record_id, type, name))',
      'CREATE TABLE devops_artifacts (run_id INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (run_id, name))',
      'CREATE TABLE devops_tags (run_id INTEGER NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (run_id, tag))',
      'CREATE TABLE devops_pools (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, document TEXT NOT NULL)',
      'CREATE TABLE devops_agents (id INTEGER PRIMARY KEY, pool_id INTEGER NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, UNIQUE (pool_id, name))',
      'CREATE TABLE devops_sessions (id TEXT PRIMARY KEY, pool_id INTEGER NOT NULL, agent_id INTEGER NOT NULL, agent_name TEXT NOT NULL, created_on TEXT NOT NULL)',
      'CREATE TABLE devops_requests (id INTEGER PRIMARY KEY, pool_id INTEGER NOT NULL, run_id INTEGER NOT NULL, plan_id TEXT NOT NULL, job_id TEXT NOT NULL, state TEXT NOT NULL, session_id TEXT, agent_name TEXT, lock_hash TEXT, locked_until TEXT, message_id INTEGER, queued_on TEXT NOT NULL, assigned_on TEXT, finished_on TEXT, result TEXT)',
      'CREATE INDEX devops_requests_queue ON devops_requests (state, pool_id, id)',
      'CREATE INDEX devops_requests_job ON devops_requests (plan_id, job_id)',
      'CREATE TABLE devops_messages (id INTEGER PRIMARY KEY, session_id TEXT NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL)',
      'CREATE TABLE devops_waits (plan_id TEXT NOT NULL, job_id TEXT NOT NULL, run_id INTEGER NOT NULL, step_index INTEGER NOT NULL, phase TEXT NOT NULL, token TEXT NOT NULL, next_look TEXT, step_deadline TEXT, awaits_event INTEGER NOT NULL, event_result TEXT, canceled INTEGER NOT NULL, job_status TEXT NOT NULL, memory TEXT NOT NULL, outputs TEXT NOT NULL, PRIMARY KEY (plan_id, job_id))',
    ],
  },
];
