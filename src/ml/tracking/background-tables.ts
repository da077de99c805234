/** Rows of what a server of MLflow would do by itself. Times are milliseconds since 1970. */
export type BackgroundTables = {
  /** Which share of new traces a scorer is to look at. */
  mltrack_online_scoring: {
    workspace_id: string;
    scorer_id: string;
    config_id: string;
    experiment_id: string;
    /** 0 to 1, as JavaScript writes a number. */
    sample_rate: string;
    /** Empty text for all traces. */
    filter: string;
  };
  mltrack_prompt_optimizations: {
    workspace_id: string;
    job_id: string;
    experiment_id: string;
    run_id: string;
    /** JSON: the prompt, the configuration and the tags as they were given. */
    document: string;
    error: string;
    created: number;
  };
};

export const BACKGROUND_STATEMENTS: readonly string[] = [
  `CREATE TABLE mltrack_online_scoring (workspace_id TEXT NOT NULL, scorer_id TEXT NOT NULL, config_id TEXT NOT NULL, experiment_id TEXT NOT NULL,
    sample_rate TEXT NOT NULL, filter TEXT NOT NULL, PRIMARY KEY (workspace_id, scorer_id))`,
  `CREATE TABLE mltrack_prompt_optimizations (workspace_id TEXT NOT NULL, job_id TEXT NOT NULL, experiment_id TEXT NOT NULL, run_id TEXT NOT NULL,
    document TEXT NOT NULL, error TEXT NOT NULL, created BIGINT NOT NULL, PRIMARY KEY (workspace_id, job_id))`,
  'CREATE INDEX mltrack_prompt_optimizations_by_experiment ON mltrack_prompt_optimizations (workspace_id, experiment_id, created)',
];
