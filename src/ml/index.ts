// The public face of the machine learning side: ARM, the data plane, the job engine.
import { join } from 'node:path';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Driver } from '../drivers/driver.ts';
import {
  type Authenticate,
  createService,
  type Download,
  type Outbound,
  type Principal,
  type TokenIssuer,
} from '../http/index.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { EventBus, Migration, Store, Vault } from '../store/index.ts';
import { addArmRoutes } from './api/index.ts';
import { callingJobText, type Provision } from './arm/context.ts';
import { mayCreate } from './arm/creates.ts';
import { computeNotFound } from './arm/provide-compute.ts';
import { parseRelaxedJson } from './arm/relaxed-json.ts';
import { removeWorkspace } from './arm/remove-workspace.ts';
import { operationOf } from './arm/requested-operation.ts';
import { toArmError } from './arm/wire-error.ts';
import { createAssociatedResources } from './associated-resources.ts';
import { createClusters, machineSlots } from './compute/cluster.ts';
import { createComputes, scaleOf } from './compute/computes.ts';
import { createAssetContainers } from './containers.ts';
import { createDownloadCache } from './data/download-cache.ts';
import { createDataPlane } from './dataplane/index.ts';
import { createDatastores, datastorePlace } from './datastores.ts';
import type { ExecuteDeps } from './jobs/command-run.ts';
import { createDataReferences } from './jobs/data-reference.ts';
import { createJobEngine, type JobEngine } from './jobs/engine.ts';
import { executeCommand, wasLaunched } from './jobs/execute.ts';
import { createJobReader } from './jobs/job-reader.ts';
import { shownOutputs } from './jobs/run-values.ts';
import { createWebhooks } from './jobs/webhooks.ts';
import { jobTypes } from './jobtypes/registry.ts';
import { createPendingUploads } from './pending-uploads.ts';
import { artifactPrefix, isRegistryHost, longDatastoreUri, REGISTRY_BASE, REGISTRY_PREFIX } from './places.ts';
import { createRegistries } from './registries.ts';
import { createScheduleRows } from './schedules/schedule-rows.ts';
import { createScheduler } from './schedules/scheduler.ts';
import { createStoredResources } from './stored-resources.ts';
import { readMachineLoad } from './system-metrics/machine-load.ts';
import { createSystemMetrics } from './system-metrics/system-metrics.ts';
import { type MlTables, mlMigrations as resourceMigrations } from './tables.ts';
import {
  createTracking,
  mlflowEnvironment,
  removeWorkspaceRows,
  type TrackingTables,
  trackingMigrations,
} from './tracking/index.ts';
import type { BlobAccess, EnvironmentBuilder } from './types.ts';
import { createAssetVersions } from './versions.ts';
import { createWorkspaces } from './workspaces.ts';

export { dataPlaneHosts, dataPlanePrefixes, REGISTRY_DISCOVERY_URL } from './dataplane/index.ts';
export { createEnvironments } from './environments/index.ts';

export const mlMigrations: readonly Migration[] = [...resourceMigrations, ...trackingMigrations];

const DOWNLOAD_BYTES = 10 * 1024 ** 3;

export type MlDeps = {
  readonly store: Store<MlTables & TrackingTables>;
  readonly vault: Vault;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly log: Log;
  readonly authenticate: Authenticate;
  readonly tokens: Pick<TokenIssuer, 'mlRunToken'>;
  readonly outbound: Outbound;
  readonly download: Download;
  /** Bytes of downloaded job inputs that are kept for the next job; default 10 GiB. */
  readonly downloadBytes?: number;
  readonly blobs: BlobAccess;
  readonly driver: Driver;
  readonly environments: EnvironmentBuilder;
  readonly provision: {
    kind(principal: Principal): boolean;
    /**
     * Told what was made.
     * @param caller the pipeline job for which, as its requests say
     */
    said(line: string, caller: string | undefined): Promise<void>;
  };
  /** Absolute folder of the ML side's own. */
  readonly folder: string;
  /** Processor cores that jobs may use. */
  readonly cores: number;
  readonly tenantId: string;
  readonly subscriptionId: string;
  baseUrl(): string;
  /** What every process of a job gets of the outside, PATH among it. */
  processEnvironment(): Readonly<Record<string, string>>;
};

export type Ml = {
  /** `management.azure.com`. Made when it is first read, as `dataPlane` is. */
  readonly arm: FastifyInstance;
  /** `{region}.api.azureml.ms`. */
  readonly dataPlane: FastifyInstance;
  /** Resolves when what was asked to end has ended, or after `milliseconds`. */
  canceled(milliseconds: number): Promise<void>;
  /** Asks the jobs that steps of pipelines submitted to end, where `isOver` says so of the step's job. */
  cancelSubmitted(isOver: (caller: string) => Promise<boolean>): Promise<void>;
  /** Takes up the jobs of the last server. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

/** Whether ARM is the one meant by a public host name: its own, and those by which clients ask for a registry's assets. */
export const armHosts = (host: string): boolean =>
  host === 'management.azure.com' || host === 'management.core.windows.net' || isRegistryHost(host);

/** First path segments of ARM on a loopback address. */
export const armPrefixes = ['subscriptions', 'tenants', 'providers', REGISTRY_PREFIX] as const;

const metricsTopic = (workspaceId: string, runId: string) => `ml/metrics/${workspaceId}/${runId}`;

/** As what a schedule's job is read: schedules name no API version of their own. */
const SCHEDULED_API_VERSION = '2024-01-01-preview';

/** Makes the machine learning side. */
export function createMl(deps: MlDeps): Ml {
  const { store, vault, clock, log, events, blobs } = deps;
  const resources = createStoredResources({ store, clock, vault });
  const associated = createAssociatedResources({ resources, blobs, tenantId: deps.tenantId });
  const workspaces = createWorkspaces({
    store,
    clock,
    resources,
    associated,
    blobs,
    removeTracked: (workspaceId) => store.write((writer) => removeWorkspaceRows(writer, workspaceId)),
  });
  const versions = createAssetVersions({ store, clock });
  const containers = createAssetContainers({ store, clock });
  const registries = createRegistries({ store, clock });
  const uploads = createPendingUploads({ store, blobs, clock });
  const datastores = createDatastores({ store, vault, clock });
  const computes = createComputes({ store, clock });
  const slots = machineSlots(deps.cores);
  const clusters = createClusters(slots, clock);
  const webhooks = createWebhooks({ store, vault, outbound: deps.outbound, clock, log });
  let engine: JobEngine;
  const data = createDataReferences({
    versions,
    blobs,
    workspaces,
    downloads: createDownloadCache({
      folder: join(deps.folder, 'downloads'),
      limit: deps.downloadBytes ?? DOWNLOAD_BYTES,
      download: deps.download,
      clock,
      log,
    }),
    async datastore(workspace, name) {
      const found = await datastores.find(workspace.id, name);
      return found && datastorePlace(workspace, found);
    },
    async datastoreAt(workspace, wanted) {
      for (const found of await datastores.list(workspace.id)) {
        const place = datastorePlace(workspace, found);
        if (place?.account === wanted.account && place.container === wanted.container) return found.name;
      }
      return undefined;
    },
    registry: async (name) => (await registries.byName(name))?.id,
    async outputOf(workspace, runId, output) {
      const run = await engine.run(workspace, runId);
      const found = run && shownOutputs(run)[output];
      if (found?.kind === 'asset') return found;
      // What a run leaves in its folder besides its outputs is called so by clients (documented).
      if (!run || !/^(artifacts|default)$/.test(output)) return undefined;
      return {
        uri: longDatastoreUri(workspace, 'workspaceartifactstore', `${artifactPrefix(runId)}/`),
        type: 'uri_folder',
      };
    },
  });
  const tracking = createTracking({
    store,
    workspaces,
    blobs,
    modelPath: data.localPath,
    clock,
    webhooks: { vault, outbound: deps.outbound, log },
    keeper: {
      list: workspaces.list,
      put: async (scope, description) =>
        (await workspaces.put(scope, description === undefined ? {} : { properties: { description } })).workspace,
      async remove(workspace) {
        const found = await workspaces.find(workspace);
        if (found) await removeWorkspace({ store, engine, workspaces }, found, false);
      },
    },
    logged: (workspaceId, runId) => events.publish(metricsTopic(workspaceId, runId)),
  });
  const systemMetrics = createSystemMetrics({
    clock,
    log,
    read: () => readMachineLoad(deps.folder),
    record: tracking.recordMetrics,
  });
  const execute: ExecuteDeps = {
    watchMachine: systemMetrics.watch,
    runsFolder: join(deps.folder, 'runs'),
    blobs,
    versions,
    data,
    environments: deps.environments,
    clusters,
    scaleOf: async (workspace, compute) => scaleOf(await computes.find(workspace.id, compute), slots),
    driver: deps.driver,
    runToken: (claims) => deps.tokens.mlRunToken(claims),
    jobEnvironment: (run) => ({
      ...deps.processEnvironment(),
      ...mlflowEnvironment({ ...run, baseUrl: deps.baseUrl() }),
    }),
    clock,
    log,
  };
  engine = createJobEngine({
    store,
    clock,
    log,
    events,
    workspaces,
    webhooks,
    jobTypes,
    tracking: tracking.tracking,
    leading: {
      clock,
      log,
      data,
      blobs,
      metrics: {
        values: tracking.metricValues,
        watch: (workspaceId, runId, listener) => events.subscribe(metricsTopic(workspaceId, runId), listener),
      },
    },
    plan: { versions, data, defaultDatastore: (workspace) => datastores.default(workspace) },
    execute: (run) => executeCommand(execute, run),
    wasLaunched: (plan) => wasLaunched(execute, plan),
  });
  const jobs = createJobReader({
    engine,
    blobs,
    data,
    versions,
    async experimentId(workspace, runId) {
      const row = await store.read
        .selectFrom('mltrack_runs')
        .select('experiment_id')
        .where('workspace_id', '=', workspace.id)
        .where('run_id', '=', runId)
        .executeTakeFirst();
      return row?.experiment_id ?? '';
    },
  });
  const schedules = createScheduleRows({ store, clock });
  const scheduler = createScheduler({
    rows: schedules,
    clock,
    log,
    // One that is deleted and can be recovered begins nothing.
    workspace: async (id) => {
      const found = await workspaces.byId(id);
      return found && workspaces.find(found);
    },
    job: async (workspace, name) => (await engine.job(workspace, name))?.properties,
    submit: (workspace, name, properties, createdBy) =>
      engine.submit({
        workspace,
        name,
        properties,
        apiVersion: SCHEDULED_API_VERSION,
        createdBy,
        async compute(wanted) {
          if (/^serverless$/i.test(wanted)) return 'serverless';
          const found = await computes.find(workspace.id, wanted);
          if (!found) throw computeNotFound(workspace, wanted);
          return found.name;
        },
      }),
  });
  // What local mode makes for a pipeline's job is told to its run; for anybody else it is said in the answer, for the client to pass on.
  const said = new WeakMap<FastifyRequest, string[]>();
  const provision: Provision = {
    may: (request) => deps.provision.kind(request.principal) && mayCreate(request),
    async said(line, request) {
      const caller = callingJobText(request);
      await deps.provision.said(line, caller);
      if (caller === undefined) said.set(request, [...(said.get(request) ?? []), line]);
    },
  };
  const makeArm = () => {
    const arm = createService({
      name: 'arm',
      log,
      authenticate: deps.authenticate,
      toWire: toArmError,
      parseJson: parseRelaxedJson,
      // A registry's own host has ARM's resources below a prefix (client source).
      rewriteUrl: (url) => url.replace(REGISTRY_BASE, '/'),
      unlisted: { paths: new RegExp(`^/(${armPrefixes.join('|')})(/|$)`, 'i'), nameOf: operationOf },
    });
    arm.addHook('onSend', async (request, reply) => {
      const lines = said.get(request);
      if (lines) reply.header('x-millrace-provisioned', encodeURIComponent(JSON.stringify(lines)));
    });
    addArmRoutes(arm, {
      store,
      clock,
      vault,
      events,
      blobs,
      workspaces,
      resources,
      associated,
      registries,
      versions,
      containers,
      uploads,
      datastores,
      computes,
      clusters,
      data,
      engine,
      webhooks,
      records: tracking.records,
      schedules,
      scheduler,
      provision,
      slots,
      tenantId: deps.tenantId,
      subscriptionId: deps.subscriptionId,
    });
    return arm;
  };
  const makeDataPlane = () =>
    createDataPlane({
      workspaces,
      registries,
      tenantId: deps.tenantId,
      jobs,
      blobs,
      tracking,
      versions,
      containers,
      datastores,
      tokens: deps.tokens,
      clock,
      log,
      authenticate: deps.authenticate,
    });
  let arm: FastifyInstance | undefined;
  let dataPlane: FastifyInstance | undefined;
  return {
    get arm() {
      arm ??= makeArm();
      return arm;
    },
    get dataPlane() {
      dataPlane ??= makeDataPlane();
      return dataPlane;
    },
    canceled: (milliseconds) => engine.canceled(milliseconds),
    cancelSubmitted: (isOver) => engine.cancelSubmitted(isOver),
    async start() {
      await engine.start();
      await scheduler.start();
    },
    async stop() {
      await scheduler.stop();
      await engine.stop();
    },
  };
}
