/** Rows of the registry of MLflow's AI gateway. Times are milliseconds since 1970; empty text where nothing was said. */
export type GatewayTables = {
  mltrack_gateway_secrets: {
    workspace_id: string;
    secret_id: string;
    name: string;
    /** JSON object of texts, sealed by the vault. */
    value: string;
    /** JSON object: what is shown of each text. */
    masked: string;
    provider: string;
    /** JSON object of texts. */
    auth_config: string;
    created_by: string;
    updated_by: string;
    created: number;
    updated: number;
  };
  mltrack_gateway_models: {
    workspace_id: string;
    definition_id: string;
    name: string;
    /** Empty once the secret was deleted. */
    secret_id: string;
    provider: string;
    model_name: string;
    created_by: string;
    updated_by: string;
    created: number;
    updated: number;
  };
  mltrack_gateway_endpoints: {
    workspace_id: string;
    endpoint_id: string;
    name: string;
    routing: string;
    /** JSON object of `strategy` and `max_attempts`; empty text where there is nothing to fall back to. */
    fallback: string;
    experiment_id: string;
    usage_tracking: number;
    /** JSON object of texts. */
    tags: string;
    created_by: string;
    updated_by: string;
    created: number;
    updated: number;
  };
  /** A model of an endpoint; `position` is its place among the endpoint's models, as they came. */
  mltrack_gateway_mappings: {
    workspace_id: string;
    mapping_id: string;
    endpoint_id: string;
    definition_id: string;
    position: number;
    /** `PRIMARY` or `FALLBACK`. */
    linkage: string;
    weight: number;
    fallback_order: number | null;
    created_by: string;
    created: number;
  };
  mltrack_gateway_bindings: {
    workspace_id: string;
    endpoint_id: string;
    resource_type: string;
    resource_id: string;
    created_by: string;
    created: number;
  };
  mltrack_gateway_budgets: {
    workspace_id: string;
    policy_id: string;
    unit: string;
    amount: number;
    duration_unit: string;
    duration_value: number;
    scope: string;
    action: string;
    /** The id of the endpoint that it is for, where the scope is one. */
    target: string;
    created_by: string;
    updated_by: string;
    created: number;
    updated: number;
  };
  mltrack_gateway_guardrails: {
    workspace_id: string;
    guardrail_id: string;
    name: string;
    scorer_id: string;
    scorer_version: number;
    stage: string;
    action: string;
    action_endpoint_id: string;
    created: number;
  };
  /** A guardrail of an endpoint; null: after those that have a place in the order. */
  mltrack_gateway_guards: {
    workspace_id: string;
    endpoint_id: string;
    guardrail_id: string;
    execution_order: number | null;
    created: number;
  };
};

export const GATEWAY_MODEL_STATEMENTS: readonly string[] = [
  `CREATE TABLE mltrack_gateway_secrets (workspace_id TEXT NOT NULL, secret_id TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    masked TEXT NOT NULL, provider TEXT NOT NULL, auth_config TEXT NOT NULL, created_by TEXT NOT NULL, updated_by TEXT NOT NULL,
    created BIGINT NOT NULL, updated BIGINT NOT NULL, PRIMARY KEY (workspace_id, secret_id), UNIQUE (workspace_id, name))`,
  `CREATE TABLE mltrack_gateway_models (workspace_id TEXT NOT NULL, definition_id TEXT NOT NULL, name TEXT NOT NULL, secret_id TEXT NOT NULL,
    provider TEXT NOT NULL, model_name TEXT NOT NULL, created_by TEXT NOT NULL, updated_by TEXT NOT NULL,
    created BIGINT NOT NULL, updated BIGINT NOT NULL, PRIMARY KEY (workspace_id, definition_id), UNIQUE (workspace_id, name))`,
];

export const GATEWAY_ENDPOINT_STATEMENTS: readonly string[] = [
  `CREATE TABLE mltrack_gateway_endpoints (workspace_id TEXT NOT NULL, endpoint_id TEXT NOT NULL, name TEXT NOT NULL, routing TEXT NOT NULL,
    fallback TEXT NOT NULL, experiment_id TEXT NOT NULL, usage_tracking INTEGER NOT NULL, tags TEXT NOT NULL, created_by TEXT NOT NULL,
    updated_by TEXT NOT NULL, created BIGINT NOT NULL, updated BIGINT NOT NULL, PRIMARY KEY (workspace_id, endpoint_id),
    UNIQUE (workspace_id, name))`,
  `CREATE TABLE mltrack_gateway_mappings (workspace_id TEXT NOT NULL, mapping_id TEXT NOT NULL, endpoint_id TEXT NOT NULL,
    definition_id TEXT NOT NULL, position INTEGER NOT NULL, linkage TEXT NOT NULL, weight DOUBLE PRECISION NOT NULL, fallback_order INTEGER,
    created_by TEXT NOT NULL, created BIGINT NOT NULL, PRIMARY KEY (workspace_id, mapping_id),
    UNIQUE (workspace_id, endpoint_id, definition_id, linkage))`,
  'CREATE INDEX mltrack_gateway_mappings_by_model ON mltrack_gateway_mappings (workspace_id, definition_id)',
  `CREATE TABLE mltrack_gateway_bindings (workspace_id TEXT NOT NULL, endpoint_id TEXT NOT NULL, resource_type TEXT NOT NULL,
    resource_id TEXT NOT NULL, created_by TEXT NOT NULL, created BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, endpoint_id, resource_type, resource_id))`,
];

export const GATEWAY_GUARDRAIL_STATEMENTS: readonly string[] = [
  `CREATE TABLE mltrack_gateway_budgets (workspace_id TEXT NOT NULL, policy_id TEXT NOT NULL, unit TEXT NOT NULL,
    amount DOUBLE PRECISION NOT NULL, duration_unit TEXT NOT NULL, duration_value INTEGER NOT NULL, scope TEXT NOT NULL, action TEXT NOT NULL,
    target TEXT NOT NULL, created_by TEXT NOT NULL, updated_by TEXT NOT NULL, created BIGINT NOT NULL, updated BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, policy_id))`,
  `CREATE TABLE mltrack_gateway_guardrails (workspace_id TEXT NOT NULL, guardrail_id TEXT NOT NULL, name TEXT NOT NULL,
    scorer_id TEXT NOT NULL, scorer_version INTEGER NOT NULL, stage TEXT NOT NULL, action TEXT NOT NULL, action_endpoint_id TEXT NOT NULL,
    created BIGINT NOT NULL, PRIMARY KEY (workspace_id, guardrail_id))`,
  'CREATE INDEX mltrack_gateway_guardrails_by_scorer ON mltrack_gateway_guardrails (workspace_id, scorer_id)',
  `CREATE TABLE mltrack_gateway_guards (workspace_id TEXT NOT NULL, endpoint_id TEXT NOT NULL, guardrail_id TEXT NOT NULL,
    execution_order BIGINT, created BIGINT NOT NULL, PRIMARY KEY (workspace_id, endpoint_id, guardrail_id))`,
  'CREATE INDEX mltrack_scorers_by_id ON mltrack_scorers (workspace_id, scorer_id, version)',
];
