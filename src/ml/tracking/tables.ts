import type { Migration } from '../../store/index.ts';
import { BACKGROUND_STATEMENTS, type BackgroundTables } from './background-tables.ts';
import {
  GATEWAY_ENDPOINT_STATEMENTS,
  GATEWAY_GUARDRAIL_STATEMENTS,
  GATEWAY_MODEL_STATEMENTS,
  type GatewayTables,
} from './gateway/tables.ts';

/** Times are milliseconds since 1970. `lifecycle` is `active` or `deleted`. */
export type TrackingTables = BackgroundTables &
  GatewayTables & {
    mltrack_experiments: {
      workspace_id: string;
      experiment_id: string;
      name: string;
      lifecycle: string;
      created: number;
      updated: number;
      /** JSON object. */
      tags: string;
    };
    mltrack_runs: {
      workspace_id: string;
      run_id: string;
      experiment_id: string;
      name: string;
      status: string;
      user_id: string;
      started: number | null;
      ended: number | null;
      lifecycle: string;
      /** 1: the run of a submitted job, whose status the job engine alone decides. */
      is_job: number;
      /** JSON list of dataset inputs. */
      inputs: string;
      /** JSON list of `{model_id, step}`. */
      outputs: string;
    };
    mltrack_params: { workspace_id: string; run_id: string; key: string; value: string };
    mltrack_tags: { workspace_id: string; run_id: string; key: string; value: string };
    /**
     * One metric of a run, and with it its latest value: the greatest by step, then time, then value. `value`, here and in the points, is as JavaScript writes a
     * number: exact, and with NaN and the infinities, which no database column keeps alike.
     */
    mltrack_series: {
      series_id: number;
      workspace_id: string;
      run_id: string;
      key: string;
      /** JSON: what ties the values to a model or a data set; empty text when nothing does. */
      context: string;
      /** The model among it, empty when there is none. */
      model_id: string;
      /** 1 while points came in the order of their steps and of their times alike: then one order is the other. */
      orderly: number;
      value: string;
      timestamp: number;
      step: number;
    };
    mltrack_points: { series_id: number; step: number; timestamp: number; value: string };
    mltrack_models: {
      workspace_id: string;
      model_id: string;
      experiment_id: string;
      name: string;
      status: string;
      model_type: string;
      source_run_id: string;
      created: number;
      updated: number;
      lifecycle: string;
      tags: string;
      params: string;
    };
    /** What MLflow's registry knows of a registered model besides the workspace's asset of that name (`ml_containers`, `ml_versions`). */
    mltrack_registered: {
      workspace_id: string;
      name: string;
      updated: number;
      /** The highest version that there ever was: a deleted one's number is not given again. */
      last_version: number;
      /** JSON object: alias to version. */
      aliases: string;
    };
    mltrack_datasets: {
      workspace_id: string;
      dataset_id: string;
      name: string;
      /** JSON object. */
      tags: string;
      /** JSON: the types of the records' fields; empty text before the first record. */
      schema: string;
      /** How many there are. */
      records: number;
      digest: string;
      /** JSON list of ids. */
      experiments: string;
      created: number;
      updated: number;
      created_by: string;
      updated_by: string;
    };
    /** `input_hash`: a dataset has one record of the same inputs. */
    mltrack_dataset_records: {
      workspace_id: string;
      dataset_id: string;
      record_id: string;
      input_hash: string;
      document: string;
      created: number;
      updated: number;
    };
    /** One version of a scorer; `content` is its client's own serialization, which nothing here runs. */
    mltrack_scorers: {
      workspace_id: string;
      experiment_id: string;
      name: string;
      version: number;
      scorer_id: string;
      content: string;
      created: number;
    };
    /** Webhooks of the model registry. `secret` is sealed by the vault; empty text: none. */
    mltrack_webhooks: {
      workspace_id: string;
      webhook_id: string;
      name: string;
      description: string;
      url: string;
      /** JSON list of `entity.action`. */
      events: string;
      secret: string;
      /** `ACTIVE` or `DISABLED`. */
      status: string;
      created: number;
      updated: number;
    };
    /** `duration`: milliseconds, null while it runs. `document`, `metadata`, `tags`: JSON objects of texts. Its spans are a file, as a run's artifacts are. */
    mltrack_traces: {
      workspace_id: string;
      trace_id: string;
      experiment_id: string;
      requested: number;
      duration: number | null;
      state: string;
      document: string;
      metadata: string;
      tags: string;
    };
    /** `document` is JSON as the wire has it. */
    mltrack_assessments: {
      workspace_id: string;
      trace_id: string;
      assessment_id: string;
      document: string;
      created: number;
    };
    /** `kind`: `run`, or `prompt` with `name/version` as the target. */
    mltrack_trace_links: { workspace_id: string; trace_id: string; kind: string; target: string };
    mltrack_issues: {
      workspace_id: string;
      issue_id: string;
      experiment_id: string;
      name: string;
      description: string;
      status: string;
      severity: string;
      /** JSON list of texts. */
      root_causes: string;
      source_run_id: string;
      /** JSON list of texts. */
      categories: string;
      created_by: string;
      created: number;
      updated: number;
    };
    mltrack_review_queues: {
      workspace_id: string;
      queue_id: string;
      experiment_id: string;
      name: string;
      /** The name in lower case, of which an experiment has one. */
      name_key: string;
      /** `USER` or `CUSTOM`. */
      type: string;
      created_by: string;
      /** JSON list of names. */
      users: string;
      /** JSON list of label schemas' ids. */
      schemas: string;
      created: number;
      updated: number;
    };
    /** `completed`: 0 while `completed_by` is empty. */
    mltrack_review_items: {
      workspace_id: string;
      queue_id: string;
      item_id: string;
      status: string;
      completed_by: string;
      completed: number;
      created: number;
      updated: number;
    };
    mltrack_label_schemas: {
      workspace_id: string;
      schema_id: string;
      experiment_id: string;
      name: string;
      type: string;
      /** JSON: `{kind: settings}`. */
      input: string;
      instruction: string;
      enable_comment: number;
      is_default: number;
      created: number;
      updated: number;
    };
  };

export const trackingMigrations: readonly Migration[] = [
  {
    name: 'mltrack/0001-runs',
    statements: [
      `CREATE TABLE mltrack_experiments (workspace_id TEXT NOT NULL, experiment_id TEXT NOT NULL, name TEXT NOT NULL,
        lifecycle TEXT NOT NULL, created BIGINT NOT NULL, updated BIGINT NOT NULL, tags TEXT NOT NULL,
        PRIMARY KEY (workspace_id, experiment_id), UNIQUE (workspace_id, name))`,
      `CREATE TABLE mltrack_runs (workspace_id TEXT NOT NULL, run_id TEXT NOT NULL, experiment_id TEXT NOT NULL, name TEXT NOT NULL,
        status TEXT NOT NULL, user_id TEXT NOT NULL, started BIGINT, ended BIGINT, lifecycle TEXT NOT NULL, is_job INTEGER NOT NULL,
        inputs TEXT NOT NULL, outputs TEXT NOT NULL, PRIMARY KEY (workspace_id, run_id))`,
      'CREATE INDEX mltrack_runs_by_experiment ON mltrack_runs (workspace_id, experiment_id, started)',
      `CREATE TABLE mltrack_params (workspace_id TEXT NOT NULL, run_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (workspace_id, run_id, key))`,
      `CREATE TABLE mltrack_tags (workspace_id TEXT NOT NULL, run_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (workspace_id, run_id, key))`,
      `CREATE TABLE mltrack_metrics (workspace_id TEXT NOT NULL, run_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
        timestamp BIGINT NOT NULL, step BIGINT NOT NULL, context TEXT NOT NULL,
        PRIMARY KEY (workspace_id, run_id, key, step, timestamp, value, context))`,
      `CREATE TABLE mltrack_latest (workspace_id TEXT NOT NULL, run_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
        timestamp BIGINT NOT NULL, step BIGINT NOT NULL, PRIMARY KEY (workspace_id, run_id, key))`,
      `CREATE TABLE mltrack_models (workspace_id TEXT NOT NULL, model_id TEXT NOT NULL, experiment_id TEXT NOT NULL, name TEXT NOT NULL,
        status TEXT NOT NULL, model_type TEXT NOT NULL, source_run_id TEXT NOT NULL, created BIGINT NOT NULL, updated BIGINT NOT NULL,
        lifecycle TEXT NOT NULL, tags TEXT NOT NULL, params TEXT NOT NULL, PRIMARY KEY (workspace_id, model_id))`,
      'CREATE INDEX mltrack_models_by_experiment ON mltrack_models (workspace_id, experiment_id)',
    ],
  },
  {
    name: 'mltrack/0002-registered',
    statements: [
      `CREATE TABLE mltrack_registered (workspace_id TEXT NOT NULL, name TEXT NOT NULL, updated BIGINT NOT NULL,
        last_version BIGINT NOT NULL, aliases TEXT NOT NULL, PRIMARY KEY (workspace_id, name))`,
    ],
  },
  {
    name: 'mltrack/0003-series',
    statements: [
      `CREATE TABLE mltrack_series (series_id INTEGER PRIMARY KEY, workspace_id TEXT NOT NULL, run_id TEXT NOT NULL, key TEXT NOT NULL,
        context TEXT NOT NULL, model_id TEXT NOT NULL, orderly INTEGER NOT NULL, value TEXT NOT NULL, timestamp BIGINT NOT NULL, step BIGINT NOT NULL,
        UNIQUE (workspace_id, run_id, key, context))`,
      'CREATE INDEX mltrack_series_by_model ON mltrack_series (workspace_id, model_id)',
      `CREATE TABLE mltrack_points (series_id INTEGER NOT NULL, step BIGINT NOT NULL, timestamp BIGINT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (series_id, step, timestamp, value))`,
      // A context that names a model begins with it, and a model's id has 34 characters.
      `INSERT INTO mltrack_series
        SELECT ROW_NUMBER() OVER (ORDER BY workspace_id, run_id, key, context), workspace_id, run_id, key, context,
          CASE WHEN context LIKE '{"model_id":"%' THEN SUBSTR(context, 14, 34) ELSE '' END, 0, value, timestamp, step
        FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY workspace_id, run_id, key, context ORDER BY step DESC, timestamp DESC,
          CASE value WHEN 'NaN' THEN -2 WHEN '-Infinity' THEN -1 WHEN 'Infinity' THEN 1 ELSE 0 END DESC, CAST(value AS DOUBLE PRECISION) DESC) AS place
          FROM mltrack_metrics) AS placed
        WHERE place = 1`,
      `INSERT INTO mltrack_points SELECT s.series_id, m.step, m.timestamp, m.value FROM mltrack_metrics AS m
        JOIN mltrack_series AS s ON s.workspace_id = m.workspace_id AND s.run_id = m.run_id AND s.key = m.key AND s.context = m.context`,
      'DROP TABLE mltrack_metrics',
      'DROP TABLE mltrack_latest',
    ],
  },
  {
    name: 'mltrack/0004-evaluation',
    statements: [
      `CREATE TABLE mltrack_datasets (workspace_id TEXT NOT NULL, dataset_id TEXT NOT NULL, name TEXT NOT NULL, tags TEXT NOT NULL,
        schema TEXT NOT NULL, records BIGINT NOT NULL, digest TEXT NOT NULL, experiments TEXT NOT NULL, created BIGINT NOT NULL,
        updated BIGINT NOT NULL, created_by TEXT NOT NULL, updated_by TEXT NOT NULL, PRIMARY KEY (workspace_id, dataset_id))`,
      `CREATE TABLE mltrack_dataset_records (workspace_id TEXT NOT NULL, dataset_id TEXT NOT NULL, record_id TEXT NOT NULL,
        input_hash TEXT NOT NULL, document TEXT NOT NULL, created BIGINT NOT NULL, updated BIGINT NOT NULL,
        PRIMARY KEY (workspace_id, dataset_id, record_id), UNIQUE (workspace_id, dataset_id, input_hash))`,
      'CREATE INDEX mltrack_dataset_records_by_creation ON mltrack_dataset_records (workspace_id, dataset_id, created, record_id)',
      `CREATE TABLE mltrack_scorers (workspace_id TEXT NOT NULL, experiment_id TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
        scorer_id TEXT NOT NULL, content TEXT NOT NULL, created BIGINT NOT NULL,
        PRIMARY KEY (workspace_id, experiment_id, name, version))`,
    ],
  },
  {
    name: 'mltrack/0005-webhooks',
    statements: [
      `CREATE TABLE mltrack_webhooks (workspace_id TEXT NOT NULL, webhook_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
        url TEXT NOT NULL, events TEXT NOT NULL, secret TEXT NOT NULL, status TEXT NOT NULL, created BIGINT NOT NULL, updated BIGINT NOT NULL,
        PRIMARY KEY (workspace_id, webhook_id))`,
    ],
  },
  {
    name: 'mltrack/0006-traces',
    statements: [
      `CREATE TABLE mltrack_traces (workspace_id TEXT NOT NULL, trace_id TEXT NOT NULL, experiment_id TEXT NOT NULL, requested BIGINT NOT NULL,
        duration BIGINT, state TEXT NOT NULL, document TEXT NOT NULL, metadata TEXT NOT NULL, tags TEXT NOT NULL,
        PRIMARY KEY (workspace_id, trace_id))`,
      'CREATE INDEX mltrack_traces_by_experiment ON mltrack_traces (workspace_id, experiment_id, requested)',
      `CREATE TABLE mltrack_assessments (workspace_id TEXT NOT NULL, trace_id TEXT NOT NULL, assessment_id TEXT NOT NULL,
        document TEXT NOT NULL, created BIGINT NOT NULL, PRIMARY KEY (workspace_id, trace_id, assessment_id))`,
      `CREATE TABLE mltrack_trace_links (workspace_id TEXT NOT NULL, trace_id TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL,
        PRIMARY KEY (workspace_id, trace_id, kind, target))`,
    ],
  },
  {
    name: 'mltrack/0007-reviews',
    statements: [
      `CREATE TABLE mltrack_issues (workspace_id TEXT NOT NULL, issue_id TEXT NOT NULL, experiment_id TEXT NOT NULL, name TEXT NOT NULL,
        description TEXT NOT NULL, status TEXT NOT NULL, severity TEXT NOT NULL, root_causes TEXT NOT NULL, source_run_id TEXT NOT NULL,
        categories TEXT NOT NULL, created_by TEXT NOT NULL, created BIGINT NOT NULL, updated BIGINT NOT NULL,
        PRIMARY KEY (workspace_id, issue_id))`,
      `CREATE TABLE mltrack_label_schemas (workspace_id TEXT NOT NULL, schema_id TEXT NOT NULL, experiment_id TEXT NOT NULL,
        name TEXT NOT NULL, type TEXT NOT NULL, input TEXT NOT NULL, instruction TEXT NOT NULL, enable_comment INTEGER NOT NULL,
        is_default INTEGER NOT NULL, created BIGINT NOT NULL, updated BIGINT NOT NULL, PRIMARY KEY (workspace_id, schema_id),
        UNIQUE (workspace_id, experiment_id, name))`,
    ],
  },
  {
    name: 'mltrack/0008-review-queues',
    statements: [
      `CREATE TABLE mltrack_review_queues (workspace_id TEXT NOT NULL, queue_id TEXT NOT NULL, experiment_id TEXT NOT NULL, name TEXT NOT NULL,
        name_key TEXT NOT NULL, type TEXT NOT NULL, created_by TEXT NOT NULL, users TEXT NOT NULL, schemas TEXT NOT NULL,
        created BIGINT NOT NULL, updated BIGINT NOT NULL, PRIMARY KEY (workspace_id, queue_id), UNIQUE (workspace_id, experiment_id, name_key))`,
      `CREATE TABLE mltrack_review_items (workspace_id TEXT NOT NULL, queue_id TEXT NOT NULL, item_id TEXT NOT NULL, status TEXT NOT NULL,
        completed_by TEXT NOT NULL, completed BIGINT NOT NULL, created BIGINT NOT NULL, updated BIGINT NOT NULL,
        PRIMARY KEY (workspace_id, queue_id, item_id))`,
      'CREATE INDEX mltrack_review_items_by_item ON mltrack_review_items (workspace_id, item_id)',
    ],
  },
  { name: 'mltrack/0009-gateway-models', statements: GATEWAY_MODEL_STATEMENTS },
  { name: 'mltrack/0010-gateway-endpoints', statements: GATEWAY_ENDPOINT_STATEMENTS },
  { name: 'mltrack/0011-gateway-guardrails', statements: GATEWAY_GUARDRAIL_STATEMENTS },
  { name: 'mltrack/0012-background', statements: BACKGROUND_STATEMENTS },
];
