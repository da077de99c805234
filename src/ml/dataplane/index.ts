// The public face of the data plane: the service of `{region}.api.azureml.ms`.
export { createDataPlane, dataPlaneHosts, dataPlanePrefixes } from './data-plane.ts';
export type { DataPlaneDeps } from './deps.ts';
export { REGISTRY_DISCOVERY_URL } from './registry-discovery.ts';
