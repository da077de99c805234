import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { notImplemented } from '../../kernel/errors.ts';
import { DATA_PLANE_HOST, workspaceResourceId } from '../places.ts';
import * as artifacts from './artifacts.ts';
import {
  type ArtifactAddress,
  type Call,
  namedWorkspace,
  type TrackingDeps,
  WORKSPACE_PATH,
  workspaceOf,
} from './call.ts';
import * as records from './dataset-records.ts';
import * as addresses from './direct-addresses.ts';
import * as datasets from './evaluation-datasets.ts';
import * as experiments from './experiments.ts';
import { GATEWAY_ROUTES, invokeThroughGateway } from './gateway/routes.ts';
import * as issues from './issues.ts';
import * as labels from './label-schemas.ts';
import * as models from './logged-models.ts';
import * as logging from './logging.ts';
import * as history from './metric-history.ts';
import * as versions from './model-versions.ts';
import { getOnlineScoringConfigs, setOnlineScoringConfig } from './online-scoring.ts';
import { OTLP_LIMIT, takeOtlpSpans } from './otlp/traces.ts';
import * as parts from './part-uploads.ts';
import * as optimization from './prompt-optimization.ts';
import * as registered from './registered-models.ts';
import * as items from './review-items.ts';
import * as queues from './review-queues.ts';
import * as runs from './runs.ts';
import * as scorers from './scorers.ts';
import { searchDatasets } from './search/datasets.ts';
import { searchLoggedModels } from './search/logged-models.ts';
import { searchModelVersions } from './search/model-versions.ts';
import { searchRuns } from './search/runs.ts';
import { searchTraces, searchTracesV2 } from './search/traces.ts';
import * as assessments from './traces/assessments.ts';
import { correlateTraceFilters } from './traces/correlation.ts';
import { linkPromptsToTrace, linkTracesToRun } from './traces/links.ts';
import { queryTraceMetrics } from './traces/metrics.ts';
import { batchGetTraces, getTrace } from './traces/spans.ts';
import { deleteTraceTag, setTraceTag } from './traces/tags.ts';
import * as traces from './traces/traces.ts';
import { unbuiltCall } from './unbuilt-calls.ts';
import * as webhooks from './webhooks.ts';
import { fieldsOf } from './wire.ts';
import * as workspaces from './workspaces.ts';

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
type Handler = (call: Call) => Promise<unknown>;

/** The tracking API below `/api/2.0/mlflow` and `/api/3.0/mlflow`, which clients of other releases ask for the same (method, path, what answers, with which status if not 200). */
export const ROUTES: readonly (readonly [Method, string, Handler, status?: 201 | 204])[] = [
  ['POST', '/experiments/create', experiments.createExperiment],
  ['POST', '/experiments/search', experiments.searchExperiments],
  ['GET', '/experiments/search', experiments.searchExperiments],
  ['GET', '/experiments/get', experiments.getExperiment],
  ['GET', '/experiments/get-by-name', experiments.getExperimentByName],
  ['POST', '/experiments/update', experiments.updateExperiment],
  ['POST', '/experiments/delete', experiments.deleteExperiment],
  ['POST', '/experiments/restore', experiments.restoreExperiment],
  ['POST', '/experiments/set-experiment-tag', experiments.setExperimentTag],
  ['POST', '/experiments/delete-experiment-tag', experiments.deleteExperimentTag],
  ['POST', '/experiments/search-datasets', searchDatasets],
  ['POST', '/runs/create', runs.createRun],
  ['POST', '/runs/update', runs.updateRun],
  ['GET', '/runs/get', runs.getRun],
  ['POST', '/runs/search', searchRuns],
  ['POST', '/runs/delete', runs.deleteRun],
  ['POST', '/runs/restore', runs.restoreRun],
  ['POST', '/runs/log-metric', logging.logMetric],
  ['POST', '/runs/log-parameter', logging.logParam],
  ['POST', '/runs/set-tag', logging.setTag],
  ['POST', '/runs/delete-tag', logging.deleteTag],
  ['POST', '/runs/log-batch', logging.logBatch],
  ['POST', '/runs/log-model', logging.logModel],
  ['POST', '/runs/log-inputs', logging.logInputs],
  ['POST', '/runs/outputs', logging.logOutputs],
  ['GET', '/metrics/get-history', history.getMetricHistory],
  ['GET', '/metrics/get-history-bulk-interval', history.getMetricHistoryBulkInterval],
  ['GET', '/artifacts/list', artifacts.listArtifacts],
  ['POST', '/artifacts/presigned-download-url', addresses.createPresignedDownloadUrl],
  ['POST', '/artifacts/presigned-upload-url', addresses.createPresignedUploadUrl],
  ['POST', '/logged-models', models.createLoggedModel],
  ['POST', '/logged-models/search', searchLoggedModels],
  ['GET', '/logged-models/:model_id', models.getLoggedModel],
  ['PATCH', '/logged-models/:model_id', models.finalizeLoggedModel],
  ['DELETE', '/logged-models/:model_id', models.deleteLoggedModel],
  ['PATCH', '/logged-models/:model_id/tags', models.setLoggedModelTags],
  ['DELETE', '/logged-models/:model_id/tags/:tag_key', models.deleteLoggedModelTag],
  ['POST', '/logged-models/:model_id/params', models.logLoggedModelParams],
  ['GET', '/logged-models/:model_id/artifacts/directories', models.listLoggedModelArtifacts],
  ['POST', '/registered-models/create', registered.createRegisteredModel],
  ['POST', '/registered-models/rename', registered.renameRegisteredModel],
  ['PATCH', '/registered-models/update', registered.updateRegisteredModel],
  ['DELETE', '/registered-models/delete', registered.deleteRegisteredModel],
  ['GET', '/registered-models/get', registered.getRegisteredModel],
  ['GET', '/registered-models/search', registered.searchRegisteredModels],
  ['GET', '/registered-models/get-latest-versions', registered.getLatestVersions],
  ['POST', '/registered-models/get-latest-versions', registered.getLatestVersions],
  ['POST', '/registered-models/set-tag', registered.setRegisteredModelTag],
  ['DELETE', '/registered-models/delete-tag', registered.deleteRegisteredModelTag],
  ['POST', '/registered-models/alias', registered.setRegisteredModelAlias],
  ['DELETE', '/registered-models/alias', registered.deleteRegisteredModelAlias],
  ['GET', '/registered-models/alias', registered.getModelVersionByAlias],
  ['POST', '/model-versions/create', versions.createModelVersion],
  ['PATCH', '/model-versions/update', versions.updateModelVersion],
  ['POST', '/model-versions/transition-stage', versions.transitionStage],
  ['DELETE', '/model-versions/delete', versions.deleteModelVersion],
  ['GET', '/model-versions/get', versions.getModelVersion],
  ['GET', '/model-versions/search', searchModelVersions],
  ['GET', '/model-versions/get-download-uri', versions.getDownloadUri],
  ['POST', '/model-versions/set-tag', versions.setModelVersionTag],
  ['DELETE', '/model-versions/delete-tag', versions.deleteModelVersionTag],
  ['POST', '/datasets/create', datasets.createDataset],
  ['POST', '/datasets/search', datasets.searchEvaluationDatasets],
  ['GET', '/datasets/:dataset_id', datasets.getDataset],
  ['DELETE', '/datasets/:dataset_id', datasets.deleteDataset],
  ['GET', '/datasets/:dataset_id/experiment-ids', datasets.getDatasetExperimentIds],
  ['POST', '/datasets/:dataset_id/add-experiments', datasets.addDatasetToExperiments],
  ['POST', '/datasets/:dataset_id/remove-experiments', datasets.removeDatasetFromExperiments],
  ['PATCH', '/datasets/:dataset_id/tags', datasets.setDatasetTags],
  ['DELETE', '/datasets/:dataset_id/tags/:key', datasets.deleteDatasetTag],
  ['GET', '/datasets/:dataset_id/records', records.getDatasetRecords],
  ['POST', '/datasets/:dataset_id/records', records.upsertDatasetRecords],
  ['DELETE', '/datasets/:dataset_id/records', records.deleteDatasetRecords],
  ['GET', '/webhooks', webhooks.listWebhooks],
  ['POST', '/webhooks', webhooks.createWebhook],
  ['GET', '/webhooks/:webhook_id', webhooks.getWebhook],
  ['PATCH', '/webhooks/:webhook_id', webhooks.updateWebhook],
  ['DELETE', '/webhooks/:webhook_id', webhooks.deleteWebhook],
  ['POST', '/webhooks/:webhook_id/test', webhooks.testWebhook],
  ...GATEWAY_ROUTES,
  ['POST', '/issues', issues.createIssue],
  ['POST', '/issues/search', issues.searchIssues],
  ['GET', '/issues/:issue_id', issues.getIssue],
  ['PATCH', '/issues/:issue_id', issues.updateIssue],
  ['POST', '/label-schemas/create', labels.createLabelSchema],
  ['GET', '/label-schemas/get', labels.getLabelSchema],
  ['GET', '/label-schemas/get-by-name', labels.getLabelSchemaByName],
  ['GET', '/label-schemas/list', labels.listLabelSchemas],
  ['PATCH', '/label-schemas/update', labels.updateLabelSchema],
  ['DELETE', '/label-schemas/delete', labels.deleteLabelSchema],
  ['POST', '/review-queues/create', queues.createReviewQueue],
  ['POST', '/review-queues/get-or-create-user', queues.getOrCreateUserQueue],
  ['GET', '/review-queues/get', queues.getReviewQueue],
  ['GET', '/review-queues/get-by-name', queues.getReviewQueueByName],
  ['GET', '/review-queues/list', queues.listReviewQueues],
  ['POST', '/review-queues/update', queues.updateReviewQueue],
  ['POST', '/review-queues/delete', queues.deleteReviewQueue],
  ['POST', '/review-queues/items/add', items.addReviewItems],
  ['POST', '/review-queues/items/remove', items.removeReviewItems],
  ['GET', '/review-queues/items/list', items.listReviewItems],
  ['POST', '/review-queues/items/set-status', items.setReviewStatus],
  ['POST', '/scorers/register', scorers.registerScorer],
  ['GET', '/scorers/list', scorers.listScorers],
  ['GET', '/scorers/versions', scorers.listScorerVersions],
  ['GET', '/scorers/get', scorers.getScorer],
  ['DELETE', '/scorers/delete', scorers.deleteScorer],
  ['GET', '/scorers/online-configs', getOnlineScoringConfigs],
  ['PUT', '/scorers/online-config', setOnlineScoringConfig],
  ['POST', '/prompt-optimization/jobs', optimization.createPromptOptimizationJob],
  ['POST', '/prompt-optimization/jobs/search', optimization.searchPromptOptimizationJobs],
  ['GET', '/prompt-optimization/jobs/:job_id', optimization.getPromptOptimizationJob],
  ['DELETE', '/prompt-optimization/jobs/:job_id', optimization.deletePromptOptimizationJob],
  ['POST', '/prompt-optimization/jobs/:job_id/cancel', optimization.cancelPromptOptimizationJob],
  ['POST', '/traces', traces.startTrace],
  ['GET', '/traces', searchTracesV2],
  ['POST', '/traces/search', searchTraces],
  ['GET', '/traces/get', getTrace],
  ['GET', '/traces/batchGet', batchGetTraces],
  ['POST', '/traces/batchGetInfos', traces.batchGetTraceInfos],
  ['POST', '/traces/calculate-filter-correlation', correlateTraceFilters],
  ['POST', '/traces/delete-traces', traces.deleteTraces],
  ['POST', '/traces/link-to-run', linkTracesToRun],
  ['POST', '/traces/metrics', queryTraceMetrics],
  ['POST', '/traces/link-prompts', linkPromptsToTrace],
  ['GET', '/traces/:trace_id', traces.getTraceInfo],
  ['PATCH', '/traces/:trace_id', traces.endTrace],
  ['GET', '/traces/:trace_id/info', traces.getTraceInfoV2],
  ['PATCH', '/traces/:trace_id/tags', setTraceTag],
  ['DELETE', '/traces/:trace_id/tags', deleteTraceTag],
  ['POST', '/traces/:trace_id/assessments', assessments.createAssessment],
  ['GET', '/traces/:trace_id/assessments/:assessment_id', assessments.getAssessment],
  ['PATCH', '/traces/:trace_id/assessments/:assessment_id', assessments.updateAssessment],
  ['DELETE', '/traces/:trace_id/assessments/:assessment_id', assessments.deleteAssessment],
  ['GET', '/server-info', workspaces.serverInfo],
  ['GET', '/workspaces', workspaces.listWorkspaces],
  ['POST', '/workspaces', workspaces.createWorkspace, 201],
  ['GET', '/workspaces/:workspace_name', workspaces.getWorkspace],
  ['PATCH', '/workspaces/:workspace_name', workspaces.updateWorkspace],
  ['DELETE', '/workspaces/:workspace_name', workspaces.deleteWorkspace, 204],
];

/** Where an mlflow client may find the API: under a workspace's scope in either version, and plain, for the first workspace. */
const BASES = [`/mlflow/v1.0${WORKSPACE_PATH}`, `/mlflow/v2.0${WORKSPACE_PATH}`, '/mlflow'];

/** The largest artifact: files are streamed to disk, so only the disk bounds them in truth. */
const ARTIFACT_LIMIT = 1024 ** 4;
const BATCH_LIMIT = 1024 * 1024;

const EXPLANATION =
  'This is the address of an MLflow tracking service, for clients: MLFLOW_TRACKING_URI. Look at a run with: az ml job show --name RUN\n';

/** Puts the tracking API into a service. */
export function registerTracking(service: FastifyInstance, deps: TrackingDeps): void {
  for (const base of BASES) {
    for (const version of ['2.0', '3.0'])
      for (const [method, path, handler, status = 200] of ROUTES) {
        service.route({
          method,
          url: `${base}/api/${version}/mlflow${path}`,
          ...(path === '/runs/log-batch' ? { bodyLimit: BATCH_LIMIT } : {}),
          handler: async (request, reply) => {
            const answer = await handler(await callOf(deps, request));
            return reply.code(status).send(status === 204 ? undefined : answer);
          },
        });
      }
    // The client's own path for this one lacks a slash.
    service.post(`${base}/api/2.0mlflow/experiments/search-datasets`, async (request) =>
      searchDatasets(await callOf(deps, request)),
    );
    // The client's plug-in for Azure ML sends what is logged in the background by a call of its own. No batch id in the answer: it is all
    // written by then, and the plug-in need not ask again (client source).
    service.post(`${base}/api/2.0/preview/mlflow/runs/log-batch-async`, { bodyLimit: BATCH_LIMIT }, async (request) =>
      logging.logBatch(await callOf(deps, request)),
    );
    // What the client can ask for besides is told apart from what no client knows of.
    service.route({
      method: ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'],
      url: `${base}/api/:version/mlflow/*`,
      handler: async (request, reply) => {
        const call = unbuiltCall(request.method, (request.params as Record<string, string>)['*'] ?? '');
        if (call === undefined) return reply.callNotFound();
        throw notImplemented(`MLflow's ${call}`);
      },
    });
    service.register(async (scope) => registerOpenTelemetry(scope, deps, `${base}/v1/traces`));
    // Open: clients of models send no token, and would be told that they need one.
    service.route({
      method: ['GET', 'POST'],
      url: `${base}/gateway/*`,
      config: { open: true },
      handler: invokeThroughGateway,
    });
    // Clients ask for the version to choose a protocol for traces.
    service.get(`${base}/version`, { config: { open: true } }, async (_request, reply) =>
      reply.type('text/plain').send('2.22.0'),
    );
    // mlflow prints links that begin with this address.
    service.get(base, { config: { open: true } }, async (_request, reply) =>
      reply.type('text/plain').send(EXPLANATION),
    );
    const files = `${base}/api/2.0/mlflow-artifacts`;
    for (const [method, path, handler] of FILE_ROUTES)
      service.route({
        method,
        url: `${files}${path}`,
        handler: async (request) => handler(await callOf(deps, request)),
      });
    service.register(async (scope) => registerArtifacts(scope, deps, files));
  }
}

/** What is asked about files, below `/api/2.0/mlflow-artifacts`. */
const FILE_ROUTES: readonly (readonly [Method, string, Handler])[] = [
  ['POST', '/mpu/create/*', parts.createPartUpload],
  ['POST', '/mpu/complete/*', parts.completePartUpload],
  ['POST', '/mpu/abort/*', parts.abortPartUpload],
  ['GET', '/presigned/*', addresses.presignedDownload],
];

/** Files through the server. Bodies of any type are handed on as streams. */
function registerArtifacts(scope: FastifyInstance, deps: TrackingDeps, files: string): void {
  const base = `${files}/artifacts`;
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  scope.get(base, async (request) => artifacts.listProxiedArtifacts(await callOf(deps, request)));
  scope.put(`${base}/*`, { bodyLimit: ARTIFACT_LIMIT }, async (request) =>
    artifacts.putProxiedArtifact(await callOf(deps, request), request.body as Readable | undefined),
  );
  scope.get(`${base}/*`, async (request, reply) => {
    const { range } = request.headers;
    const { stream, size, first, last } = await artifacts.getProxiedArtifact(await callOf(deps, request), range);
    const length = last - first + 1;
    if (length < size) reply.code(206).header('content-range', `bytes ${first}-${last}/${size}`);
    return reply
      .type('application/octet-stream')
      .header('accept-ranges', 'bytes')
      .header('content-length', length)
      .send(stream);
  });
  scope.put(`${files}/mpu/part/*`, { bodyLimit: ARTIFACT_LIMIT }, async (request, reply) => {
    const { etag } = await parts.putPart(await callOf(deps, request), request.body as Readable | undefined);
    return reply.header('etag', etag).send({});
  });
  scope.delete(`${base}/*`, async (request) => artifacts.deleteProxiedArtifact(await callOf(deps, request)));
}

/** Spans that OpenTelemetry sends: protobuf or JSON, packed or not, with the experiment in a header. */
function registerOpenTelemetry(scope: FastifyInstance, deps: TrackingDeps, path: string): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  scope.post(path, { bodyLimit: OTLP_LIMIT }, async (request, reply) => {
    const header = (name: string) => String(request.headers[name] ?? '').trim();
    const type = (header('content-type').split(';')[0] as string).trim().toLowerCase();
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    await takeOtlpSpans(
      { ...(await callOf(deps, request)), fields: {} },
      {
        body,
        type,
        encoding: header('content-encoding').toLowerCase(),
        experimentId: header('x-mlflow-experiment-id'),
        runId: header('x-mlflow-run-id'),
      },
    );
    // An empty answer says that all of it was taken.
    return reply.type(type).send(type === 'application/json' ? '{}' : Buffer.alloc(0));
  });
}

async function callOf(deps: TrackingDeps, request: FastifyRequest): Promise<Call> {
  const own = await workspaceOf(deps.workspaces, request);
  const named = request.headers['x-mlflow-workspace'];
  const name = typeof named === 'string' ? named.trim() : '';
  const workspace = name === '' ? own : await namedWorkspace(deps.workspaces, own, name, request.principal);
  // An address that is handed out is asked for without the header.
  const base =
    workspace === own
      ? request.url.replace(/\/api\/[23]\.0\/?mlflow.*$/is, '')
      : `/mlflow/v2.0${workspaceResourceId(workspace)}`;
  const stream = request.body !== null && typeof (request.body as { pipe?: unknown } | undefined)?.pipe === 'function';
  const fields =
    request.method === 'GET' || request.method === 'HEAD' || stream
      ? request.query
      : request.method === 'DELETE'
        ? { ...fieldsOf(request.query), ...fieldsOf(request.body) }
        : request.body;
  return {
    deps,
    workspace,
    principal: request.principal,
    fields: fieldsOf(fields),
    parameters: request.params as Record<string, string | undefined>,
    artifacts: artifactAddress(request, workspaceResourceId(workspace)),
    asked: {
      url: `${request.protocol}://${request.headers.host ?? ''}${base}`,
      authorization: request.headers.authorization,
    },
  };
}

function artifactAddress(request: FastifyRequest, scope: string): ArtifactAddress {
  const host = (request.headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
  if (!host.endsWith('.azureml.ms')) return { kind: 'proxied' };
  return { kind: 'azureml', base: `azureml://${host || DATA_PLANE_HOST}/mlflow/v2.0${scope}` };
}
