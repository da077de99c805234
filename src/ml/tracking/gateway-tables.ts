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
