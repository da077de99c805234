import { workspaceResourceId } from '../places.ts';
import type { Workspace } from '../types.ts';

export type MlflowRun = {
  readonly workspace: Workspace;
  readonly runId: string;
  readonly experimentId: string;
  readonly experimentName: string;
  /** The run's own token. */
  readonly token: string;
  /** Where the server listens: `http://127.0.0.1:PORT`. */
  readonly baseUrl: string;
};

/**
 * The variables that lead a job's mlflow client to its own run. The address is plain http on loopback: the stock client understands it, needs no
 * plug-in, and artifacts go through the same address. mlflow's own usage reports and progress bars are switched off.
 */
export function mlflowEnvironment(run: MlflowRun): Record<string, string> {
  return {
    MLFLOW_TRACKING_URI: `${run.baseUrl}/mlflow/v2.0${workspaceResourceId(run.workspace)}`,
    MLFLOW_TRACKING_TOKEN: run.token,
    MLFLOW_RUN_ID: run.runId,
    MLFLOW_EXPERIMENT_ID: run.experimentId,
    MLFLOW_EXPERIMENT_NAME: run.experimentName,
    MLFLOW_DISABLE_TELEMETRY: 'true',
    _MLFLOW_TELEMETRY_PRE_WARM_DATABRICKS_SDK: 'false',
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR: 'false',
    // The links that mlflow would print lead to pages of mlflow's own server.
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT: 'true',
    // Without a git binary or a repository around the code, GitPython would warn in every log.
    GIT_PYTHON_REFRESH: 'quiet',
  };
}
