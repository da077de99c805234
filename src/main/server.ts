import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { blobHosts, blobMigrations, blobPrefixes, createBlobs } from '../blobs/index.ts';
import { createDevops, devopsHosts, devopsMigrations, devopsPrefixes } from '../devops/index.ts';
import { createLocalDriver } from '../drivers/local/index.ts';
import {
  CLOUD_METADATA_PATH,
  cloudMetadataHosts,
  cloudMetadataPrefixes,
  createCloudMetadata,
  createGateway,
  type Gateway,
} from '../gateway/index.ts';
import { createFront, createOutbound, notLinkLocal } from '../http/index.ts';
import {
  createIdentity,
  DEFAULT_TENANT,
  identityHosts,
  identityMigrations,
  identityPrefixes,
} from '../identity/index.ts';
import { systemClock } from '../kernel/clock.ts';
import { createMl, mlHosts, mlMigrations, mlPrefixes } from '../ml/index.ts';
import { createEventBus, openFiles, openStore, openVault } from '../store/index.ts';
import { createAgentPool } from './agent-pool.ts';
import { writeAzFolder } from './az-folder.ts';
import { controlPrefixes, createControlService } from './control-service.ts';
import { lockHome, removeServerFile, serverFilePath, writeServerFile } from './home.ts';
import type { Installation } from './installation.ts';
import { openProcessLog } from './process-log.ts';
import { readServerState, writeServerState } from './server-state.ts';
import { readTaskCatalog } from './task-catalog.ts';

export type ServerOptions = {
  readonly installation: Installation;
  /** The data directory. */
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  /** Absent: the port of the last start where it is free, else any. */
  readonly port: number | undefined;
  readonly mode: 'run' | 'up';
};
