import type { ReadOnlyMount } from '../data/read-only-mount.ts';
import { DATA_PLANE_HOST, workspaceResourceId } from '../places.ts';
import type { Workspace } from '../types.ts';
import type { Distribution, RunPlan } from './plan.ts';

export type RunPlaces = {
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  /** Folder that holds the inputs. */
  readonly dataFolder: string;
  readonly workingFolder: string;
  readonly temporaryFolder: string;
  /** What the processes see at some of the inputs' paths. */
  readonly mounts: readonly ReadOnlyMount[];
};

/** The variables that a run's processes have in Azure (client source and documentation), besides mlflow's. */
export function jobVariables(
  workspace: Workspace,
  plan: RunPlan,
  facts: { rootRunId: string; experimentId: string; token: string; tokenExpires: Date; places: RunPlaces },
): Record<string, string> {
  const { places } = facts;
  const variables: Record<string, string> = {
    AZUREML_RUN_ID: plan.runId,
    AZUREML_ROOT_RUN_ID: facts.rootRunId,
    AZUREML_RUN_TOKEN: facts.token,
    AZUREML_RUN_TOKEN_EXPIRY: String(Math.floor(facts.tokenExpires.getTime() / 1000)),
    AZUREML_ARM_SUBSCRIPTION: workspace.subscriptionId,
    AZUREML_ARM_RESOURCEGROUP: workspace.resourceGroup,
    AZUREML_ARM_WORKSPACE_NAME: workspace.name,
    AZUREML_ARM_PROJECT_NAME: plan.experimentName,
    AZUREML_EXPERIMENT_ID: facts.experimentId,
    AZUREML_EXPERIMENT_SCOPE: `${workspaceResourceId(workspace)}/experiments/${plan.experimentName}`,
    AZUREML_WORKSPACE_ID: workspace.id,
    AZUREML_WORKSPACE_SCOPE: workspaceResourceId(workspace),
    AZUREML_SERVICE_ENDPOINT: `https://${DATA_PLANE_HOST}`,
    AZUREML_DISCOVERY_SERVICE_ENDPOINT: `https://${DATA_PLANE_HOST}/discovery`,
    AZUREML_CURRENT_CLOUD: 'AzureCloud',
    AZUREML_COMPUTE_USE_COMMON_RUNTIME: 'true',
    AZUREML_CR_DATA_CAPABILITY_PATH: places.dataFolder,
    AZ_BATCHAI_JOB_TEMP: places.temporaryFolder,
    AZ_BATCHAI_JOB_WORK_DIR: places.workingFolder,
  };
  for (const [name, value] of Object.entries(places.inputs)) {
    variables[`AZUREML_PARAMETER_${name}`] = value;
    if (plan.inputs[name]?.value.kind === 'asset') variables[`AZURE_ML_INPUT_${name}`] = value;
  }
  for (const [name, value] of Object.entries(places.outputs)) {
    variables[`AZUREML_PARAMETER_${name}`] = value;
    variables[`AZURE_ML_OUTPUT_${name}`] = value;
  }
  return variables;
}

/** Documented port of a PyTorch job's first process. On one machine two such jobs would meet there: `port` is chosen per launch. */
const MASTER = '127.0.0.1';

/** One entry for each process of a launch: its own variables. */
export function processVariables(
  nodes: number,
  distribution: Distribution | undefined,
  port: number,
): Record<string, string>[] {
  const node = (rank: number): Record<string, string> => ({
    AZUREML_CR_NODE_RANK: String(rank),
    AZUREML_NODE_COUNT: String(nodes),
    AZ_BATCHAI_JOB_MASTER_NODE_IP: MASTER,
    AZ_BATCHAI_MPI_MASTER_NODE: MASTER,
    AZ_BATCH_HOST_LIST: Array.from({ length: nodes }, () => MASTER).join(','),
    AZ_BATCH_MASTER_NODE: `${MASTER}:${port}`,
  });
  const range = (count: number) => Array.from({ length: count }, (_, index) => index);
  if (distribution?.kind === 'tensorflow') {
    const { workers, parameterServers } = distribution;
    const address = (index: number) => `${MASTER}:${port + index}`;
    const cluster = {
      worker: range(workers).map(address),
      ...(parameterServers > 0 ? { ps: range(parameterServers).map((index) => address(workers + index)) } : {}),
    };
    return range(workers + parameterServers).map((index) => ({
      ...node(index),
      TF_CONFIG: JSON.stringify({
        cluster,
        task: index < workers ? { type: 'worker', index } : { type: 'ps', index: index - workers },
        environment: 'cloud',
      }),
    }));
  }
  if (distribution && distribution.kind !== 'ray') {
    const perNode = distribution.processesPerNode;
    const size = nodes * perNode;
    return range(size).map((rank) => {
      const local = rank % perNode;
      const nodeRank = Math.floor(rank / perNode);
      const own: Record<string, string> =
        distribution.kind === 'pytorch'
          ? {
              MASTER_ADDR: MASTER,
              MASTER_PORT: String(port),
              WORLD_SIZE: String(size),
              NODE_RANK: String(nodeRank),
              RANK: String(rank),
              LOCAL_RANK: String(local),
            }
          : {
              OMPI_COMM_WORLD_RANK: String(rank),
              OMPI_COMM_WORLD_SIZE: String(size),
              OMPI_COMM_WORLD_LOCAL_RANK: String(local),
              OMPI_COMM_WORLD_LOCAL_SIZE: String(perNode),
            };
      return { ...node(nodeRank), ...own, AZUREML_PROCESS_NAME: `worker_${rank}` };
    });
  }
  return range(nodes).map(node);
}
