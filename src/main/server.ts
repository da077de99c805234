import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Blobs, blobsMigrations, blobsPrefixes, createBlobs } from '../blobs/index.ts';
import { CALLER_VARIABLE, callerText, callingJob } from '../contracts/caller.ts';
import {
  createDevops,
  DEFAULT_POOL,
  type Devops,
  devopsHosts,
  devopsMigrations,
  devopsPrefixes,
} from '../devops/index.ts';
import { createLocalDriver } from '../drivers/local/index.ts';
import {
  CLOUD_METADATA_PATH,
  cloudMetadataHosts,
  cloudMetadataPrefixes,
  createCloudMetadata,
  createGateway,
  EXTENSION_INDEX_PATH,
  type Gateway,
} from '../gateway/index.ts';
import {
  createDownload,
  createFront,
  createOutbound,
  type FrontRoute,
  notLinkLocal,
  type Principal,
} from '../http/index.ts';
import {
  createIdentity,
  DEFAULT_TENANT,
  identityHosts,
  identityMigrations,
  identityPrefixes,
} from '../identity/index.ts';
import { systemClock } from '../kernel/clock.ts';
import { newGuid } from '../kernel/ids.ts';
import {
  armHosts,
  armPrefixes,
  createEnvironments,
  createMl,
  dataPlaneHosts,
  dataPlanePrefixes,
  mlMigrations,
  REGISTRY_DISCOVERY_URL,
} from '../ml/index.ts';
import { createEventBus, openFiles, openStore, openVault } from '../store/index.ts';
import type { AgentPool } from './agent-pool.ts';
import { writeAzFolder } from './az-folder.ts';
import { cacheSize } from './cache-size.ts';
import { controlPrefixes, createControlService } from './control-service.ts';
import { type HomeLock, removeServerFile, serverFilePath, writeServerFile } from './home.ts';
import type { Installation } from './installation.ts';
import { openProcessLog } from './process-log.ts';
import { readServerState, writeServerState } from './server-state.ts';
import { heardBy, watchStorage } from './storage-watch.ts';
import { readTaskCatalog } from './task-catalog.ts';
import { basicEnvironment, extensionFolders } from './user-environment.ts';

export { withServerTasks } from '../devops/index.ts';

export type ServerOptions = {
  readonly installation: Installation;
  /** The data directory. */
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  /** Absent: the port of the last start where it is free, else any. */
  readonly port: number | undefined;
  readonly mode: 'run' | 'up';
  /** Told, a line at a time, what the user must know while the server serves. */
  readonly notice: (line: string) => void;
};

export type RunningServer = {
  readonly url: string;
  readonly token: string;
  /** Resolves when no run is in progress. */
  untilIdle(): Promise<void>;
  close(): Promise<void>;
};

/** The subscription that stands for this machine. */
const SUBSCRIPTION = '6d1c7a3e-0000-4000-8000-000000000002';
/** The service principal that `millrace env` lets a user's own tools sign in as. */
const USER_CLIENT = '6d1c7a3e-0000-4000-8000-00000000000b';
const IDLE_CHECK = 500;
/** More than the time between SIGTERM and SIGKILL of an ML job's processes. Milliseconds. */
const CANCEL_TIME = 15_000;
/** Begins the names of principals that local mode made: for them missing Azure resources are made, not refused. */
const LOCAL_PREFIX = 'millrace local: ';
/** The managed identity that processes of this machine sign in as. */
const LOCAL_IDENTITY = 'millrace';
/**
 * Serves the data directory: the one place where the slices are joined.
 * @param lock the data directory's, held by this process
 * @param pool whose first agent may already be on its way
 * @throws unavailable when the port is taken
 */
export async function openServer(options: ServerOptions, lock: HomeLock, pool: AgentPool): Promise<RunningServer> {
  const { home, env, installation } = options;
  const clock = systemClock;
  const downloadBytes = cacheSize(env, 'MILLRACE_DOWNLOADS_GB');
  const environmentBytes = cacheSize(env, 'MILLRACE_ENVIRONMENTS_GB');
  const tell = watchStorage(home, options.notice, () => clock.now().getTime());
  const log = heardBy(tell, openProcessLog(join(home, 'server.log'), env, tell));
  const state = await readServerState(home);
  const vault = await openVault(join(home, 'vault.key'));
  const store = await openStore(join(home, 'millrace.db'), [
    ...identityMigrations,
    ...blobsMigrations,
    ...devopsMigrations,
    ...mlMigrations,
  ]);
  const events = createEventBus();
  let port = 0;
  let gateway: Gateway | undefined;
  let opening: Promise<Gateway> | undefined;
  const baseUrl = () => `http://127.0.0.1:${port}`;
  const routes: FrontRoute[] = [];
  const claims = (host: string) => routes.some((route) => route.hosts(host.toLowerCase()));
  const outside = { claims, localPort: () => port, allowAddress: notLinkLocal };
  const outbound = createOutbound(outside);

  const identity = await createIdentity({
    store,
    vault,
    clock,
    log,
    outbound,
    ownerToken: state.token,
    identityHeader: state.identityHeader,
  });
  const { authenticate, tokens } = identity;
  const blobs: Blobs = await createBlobs({
    store,
    files: openFiles(join(home, 'blobs')),
    vault,
    clock,
    log,
    authenticate,
  });
  const tasks = readTaskCatalog(installation);
  const azFolder = writeAzFolder(installation, home);
  const servicePrincipal = (displayName: string) =>
    identity.principals.ensureServicePrincipal({ clientId: newGuid(), displayName: `${LOCAL_PREFIX}${displayName}` });

  const devops: Devops = createDevops({
    store,
    files: openFiles(join(home, 'devops')),
    vault,
    events,
    clock,
    log,
    authenticate,
    tokens,
    outbound,
    tasks,
    baseUrl,
    async processEnvironment(run) {
      // An agent that outlived the last server may ask while this one still opens its gateway.
      const open = await opening;
      return {
        environment: {
          ...open?.clientEnvironment(callerText(run)),
          ...identity.managedIdentityEnvironment(baseUrl()),
          [CALLER_VARIABLE]: callerText(run),
          MILLRACE_SERVER: baseUrl(),
          MILLRACE_SERVER_FILE: serverFilePath(home),
          MILLRACE_AZ_DIR: azFolder,
          ...(run.az === 'real' ? { AZURE_EXTENSION_INDEX_URL: `${baseUrl()}${EXTENSION_INDEX_PATH}` } : {}),
        },
        prependPath: run.az === 'real' ? [] : [azFolder],
      };
    },
    local: { tenantId: DEFAULT_TENANT, subscriptionId: SUBSCRIPTION, servicePrincipal },
    onJobQueued: () => pool.jobQueued(),
    onRunEnded: () => endSubmitted(),
  });
  const ml = createMl({
    store,
    vault,
    events,
    clock,
    log,
    authenticate,
    tokens,
    outbound,
    download: createDownload({ ...outside, proxies: env }),
    ...(downloadBytes === undefined ? {} : { downloadBytes }),
    blobs,
    driver: createLocalDriver(),
    environments: createEnvironments({
      folder: join(home, 'environments'),
      env,
      clock,
      log,
      ...(environmentBytes === undefined ? {} : { limit: environmentBytes }),
    }),
    provision: {
      kind: (principal) => isLocal(principal),
      async said(line, caller) {
        log.info({ line }, 'provisioned');
        const job = callingJob(caller);
        if (job) await devops.notice(job, line);
      },
    },
    folder: join(home, 'ml'),
    cores: availableParallelism(),
    tenantId: DEFAULT_TENANT,
    subscriptionId: SUBSCRIPTION,
    baseUrl,
    processEnvironment: () => ({
      ...basicEnvironment(env),
      ...gateway?.clientEnvironment(),
      MILLRACE_SERVER: baseUrl(),
      MILLRACE_SERVER_FILE: serverFilePath(home),
    }),
  });
  // The ML jobs that the steps of a canceled run submitted end with it, whether a task waits for them or not.
  let ending = Promise.resolve();
  const endSubmitted = () => {
    ending = ending
      .then(() =>
        ml.cancelSubmitted(async (caller) => {
          const job = callingJob(caller);
          return job !== undefined && (await devops.wasInterrupted(job.planId));
        }),
      )
      .catch((error: unknown) => log.error({ error }, 'the ML jobs of a canceled run were not ended'));
  };
  const control = () =>
    createControlService({
      log,
      authenticate,
      version: installation.version,
      async environment() {
        const user = await identity.principals.ensureServicePrincipal({
          clientId: USER_CLIENT,
          displayName: 'millrace env',
        });
        return {
          ...gateway?.clientEnvironment(),
          ...identity.managedIdentityEnvironment(baseUrl()),
          MILLRACE_SERVER: baseUrl(),
          MILLRACE_SERVER_FILE: serverFilePath(home),
          ARM_CLOUD_METADATA_URL: `${baseUrl()}${CLOUD_METADATA_PATH}`,
          // Where az's extension looks for registries in a cloud that it has not built in: else at a host that nobody has.
          REGISTRY_DISCOVERY_ENDPOINT_URL: REGISTRY_DISCOVERY_URL,
          AZURE_TENANT_ID: DEFAULT_TENANT,
          AZURE_CLIENT_ID: user.clientId,
          AZURE_CLIENT_SECRET: user.secret,
          AZURE_SUBSCRIPTION_ID: SUBSCRIPTION,
        };
      },
    });
  routes.push(
    { service: control, hosts: () => false, prefixes: controlPrefixes },
    { service: () => identity.service, hosts: identityHosts, prefixes: identityPrefixes },
    {
      service: () => createCloudMetadata({ log, authenticate, extensionFolders: extensionFolders(env) }),
      hosts: cloudMetadataHosts,
      prefixes: cloudMetadataPrefixes,
    },
    { service: () => ml.arm, hosts: armHosts, prefixes: armPrefixes },
    { service: () => ml.dataPlane, hosts: dataPlaneHosts, prefixes: dataPlanePrefixes },
    { service: () => blobs.service, hosts: blobs.hosts, prefixes: blobsPrefixes },
    { service: devops.service, hosts: devopsHosts, prefixes: devopsPrefixes },
  );
  const front = await createFront(routes);
  port = await listen(front, options.port, state.port);
  opening = createGateway({ directory: join(home, 'gateway'), front, environment: env, clock, log, port: 0 });
  pool.start({
    url: `${baseUrl()}/millrace`,
    poolId: DEFAULT_POOL.id,
    log,
    token: (name) => tokens.agentToken({ poolId: DEFAULT_POOL.id, name }),
    waitingJobs: () => devops.queueDepth(),
    onExit: (name) =>
      void devops.agentGone(name).catch((error: unknown) => log.error({ error, name }, 'a lost agent was not noted')),
  });
  // Each waits for the disk now and then; what one waits another works.
  [gateway] = await Promise.all([
    opening.then(async (open) => {
      // The jobs that go on need the gateway's variables.
      gateway = open;
      await ml.start();
      return open;
    }),
    devops.start(),
    writeServerState(home, { ...state, port }),
  ]);
  endSubmitted();
  await writeServerFile(home, {
    url: baseUrl(),
    token: state.token,
    pid: process.pid,
    version: installation.version,
    port,
    proxyUrl: gateway.proxyUrl,
    caFile: gateway.caFile,
    bundleFile: gateway.bundleFile,
    mode: options.mode,
  });
  log.info({ port, mode: options.mode, version: installation.version }, 'the server has started');
  return {
    url: baseUrl(),
    token: state.token,
    async untilIdle() {
      while ((await devops.activeRuns()) > 0) await new Promise((resolve) => setTimeout(resolve, IDLE_CHECK));
      await ending;
      // A canceled run's ML job may take a moment longer to end than the run itself.
      await ml.canceled(CANCEL_TIME);
    },
    async close() {
      await removeServerFile(home);
      pool.stop();
      await devops.stop();
      await ml.stop();
      await blobs.stop();
      await gateway?.close();
      await front.close();
      await store.close();
      lock.release();
      log.info({}, 'the server has ended');
    },
  };
}

/** A port that was asked for must be had; the one of the last start only should be. */
async function listen(front: { listen(port: number): Promise<number> }, asked: number | undefined, last: number) {
  if (asked !== undefined) return front.listen(asked);
  try {
    return await front.listen(last);
  } catch {
    return front.listen(0);
  }
}

function isLocal(principal: Principal): boolean {
  return (
    principal.kind === 'identity' && (principal.name === LOCAL_IDENTITY || principal.name.startsWith(LOCAL_PREFIX))
  );
}
