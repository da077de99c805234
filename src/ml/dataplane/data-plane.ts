import type { FastifyInstance } from 'fastify';
import { createService } from '../../http/index.ts';
import { registerArtifacts } from './artifact-routes.ts';
import { registerAssets } from './asset-routes.ts';
import { registerDataVersions } from './data-version-routes.ts';
import { registerDatastores } from './datastore-routes.ts';
import { type DataPlaneDeps, originOf } from './deps.ts';
import { toDataPlaneError } from './history-error.ts';
import { registerHistory } from './history-routes.ts';
import { registerIndexes } from './index-routes.ts';
import { registerMetrics } from './metric-routes.ts';
import { registerQueries } from './query-routes.ts';
import { registerRegistryDiscovery } from './registry-discovery.ts';
import { registerRunChanges } from './run-change-routes.ts';
import { registerSnapshots } from './snapshot-routes.ts';

/** Whether a public host name is the data plane's: `{region}.api.azureml.ms`, any region, and the experiment hosts of old documents. */
export const dataPlaneHosts = (host: string): boolean => /^(?:[a-z0-9-]+\.)?api\.azureml\.ms$/i.test(host);

/** First path segments of the data plane on loopback. */
export const dataPlanePrefixes: readonly string[] = [
  'discovery',
  'history',
  'mlflow',
  'data',
  'modelregistry',
  'metric',
  'artifact',
  'genericasset',
  'content',
  'datastore',
  'registrymanagement',
];

/** Makes the service of the data-plane host: discovery, run history, artifacts, assets, metrics and MLflow tracking. */
export function createDataPlane(deps: DataPlaneDeps): FastifyInstance {
  const service = createService({
    name: 'ml data plane',
    log: deps.log,
    authenticate: deps.authenticate,
    toWire: toDataPlaneError,
    // The mlflow client takes this pair for a server without the feature, and does without it (client source).
    unlisted: {
      paths: new RegExp(`^/(${dataPlanePrefixes.join('|')})/`, 'i'),
      writeStatus: 404,
      wire: 'ENDPOINT_NOT_FOUND',
    },
  });
  service.addHook('onRequest', async (request, reply) => {
    const asked = request.headers['x-ms-client-request-id'];
    if (typeof asked === 'string') reply.header('x-ms-client-request-id', asked);
  });
  // Only `api` is read by the clients of today; the rest is what the document has always held (recorded).
  service.get('/discovery', { config: { open: true } }, async (request) => {
    const api = originOf(request);
    const others = [
      'catalog',
      'experimentation',
      'gallery',
      'history',
      'hyperdrive',
      'labeling',
      'modelmanagement',
      'pipelines',
    ];
    return { api, ...Object.fromEntries(others.map((name) => [name, api])), studio: 'https://ml.azure.com' };
  });
  registerRegistryDiscovery(service, deps);
  registerHistory(service, deps);
  registerRunChanges(service, deps);
  registerQueries(service, deps);
  registerArtifacts(service, deps);
  registerAssets(service, deps);
  registerMetrics(service, deps);
  registerDataVersions(service, deps);
  registerIndexes(service, deps);
  registerSnapshots(service, deps);
  registerDatastores(service, deps);
  deps.tracking.register(service);
  return service;
}
