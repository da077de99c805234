import type { TaskManifest } from '../contracts/task.ts';
import type { Authenticate, Outbound, TokenIssuer } from '../http/index.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { ServiceTask } from '../language/index.ts';
import type { EventBus, Files, Store, Vault } from '../store/index.ts';
import type { DevopsTables } from './tables.ts';

/** The tasks that agents know; the server's own are added to them. */
export type AgentTaskCatalog = {
  all(): readonly TaskManifest[];
  find(nameOrId: string, majorVersion: string): TaskManifest | undefined;
  /** What is known of one of the service's own tasks, here or not. */
  serviceTask(nameOrId: string, majorVersion: string): ServiceTask | undefined;
  serviceTasks(): readonly ServiceTask[];
};

/** What `processEnvironment` is asked for. */
export type RunForEnvironment = {
  readonly runId: number;
  readonly planId: string;
  readonly jobId: string;
  readonly strict: boolean;
  readonly az: 'embedded' | 'real';
};

/** Everything of the outside that the devops slice uses. */
export type DevopsDeps = {
  readonly store: Store<DevopsTables>;
  /** Rooted at the slice's own folder: logs, artifacts, attachments. */
  readonly files: Files;
  readonly vault: Vault;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly log: Log;
  readonly authenticate: Authenticate;
  readonly tokens: TokenIssuer;
  readonly outbound: Outbound;
  readonly tasks: AgentTaskCatalog;
  /** Address of this server without a final slash, e.g. `http://127.0.0.1:8460`. */
  baseUrl(): string;
  /** What every process of a job gets: variables of the gateway and the identity endpoint, folders to put first on PATH. */
  processEnvironment(run: RunForEnvironment): Promise<{
    readonly environment: Readonly<Record<string, string>>;
    readonly prependPath: readonly string[];
  }>;
  /** What local mode needs to make a missing Azure connection. */
  readonly local: {
    readonly tenantId: string;
    readonly subscriptionId: string;
    servicePrincipal(displayName: string): Promise<{ readonly clientId: string; readonly secret: string }>;
  };
  /** Told after a job was queued for a pool, so that an agent can be started on demand. */
  onJobQueued?(poolId: number): void;
  /** Told after a run ended. */
  onRunEnded?(): void;
  /** How long an agent's claim holds without renewal, in seconds; default 30. */
  readonly lockSeconds?: number;
};

/** Fixed names of an installation. */
export const ORGANISATION = 'millrace';
export const DEFAULT_PROJECT = 'default';
