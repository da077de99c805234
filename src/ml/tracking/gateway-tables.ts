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
};

export const GATEWAY_MODEL_STATEMENTS: readonly string[] = [
  `CREATE TABLE mltrack_gateway_secrets (workspace_id TEXT NOT NULL, secret_id TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    masked TEXT NOT NULL, provider TEXT NOT NULL, auth_config TEXT NOT NULL, created_by TEXT NOT NULL, updated_by TEXT NOT NULL,
    created BIGINT NOT NULL, updated BIGINT NOT NULL, PRIMARY KEY (workspace_id, secret_id), UNIQUE (workspace_id, name))`,
  `CREATE TABLE mltrack_gateway_models (workspace_id TEXT NOT NULL, definition_id TEXT NOT NULL, name TEXT NOT NULL, secret_id TEXT NOT NULL,
    provider TEXT NOT NULL, model_name TEXT NOT NULL, created_by TEXT NOT NULL, updated_by TEXT NOT NULL,
    created BIGINT NOT NULL, updated BIGINT NOT NULL, PRIMARY KEY (workspace_id, definition_id), UNIQUE (workspace_id, name))`,
];
