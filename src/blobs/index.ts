// The Blob service: Azure's storage protocol over a folder, and direct access for the parts of the server that own accounts.
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Authenticate } from '../http/index.ts';
import type { Clock } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import type { Files, Store, Vault } from '../store/index.ts';
import { openBlobStore } from './blob-store.ts';
import { sweepStaged } from './blocks.ts';
import { openContainers } from './containers.ts';
import { blobPath, checkContainerName, folderPath } from './names.ts';
import { plainProperties } from './properties.ts';
import { LOOPBACK_PREFIX } from './request.ts';
import { signContainer } from './sas.ts';
import { createBlobService } from './service.ts';
import type { BlobsTables } from './tables.ts';
import { walk } from './walk.ts';

export { type BlobsTables, blobsMigrations } from './tables.ts';

export type BlobsDeps = {
  readonly store: Store<BlobsTables>;
  /** Rooted at a folder of the service's own. */
  readonly files: Files;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Log;
  readonly authenticate: Authenticate;
};

export type Blobs = {
  /** Made when it is first read. */
  readonly service: FastifyInstance;
  /** Whether a public host name is an account of this service. */
  hosts(host: string): boolean;
  /** The account's key, base64; made at first use. */
  accountKey(account: string): Promise<string>;
  /** Makes the container (and account) if it isn't there. */
  ensureContainer(account: string, container: string): Promise<void>;
  /**
   * The query string (no `?`) that allows `permissions` (letters of `racwdl`) on a container until `expiry`. The container is made if it
   * isn't there: whoever gets a signature may use it at once.
   */
  signContainerSas(request: { account: string; container: string; permissions: string; expiry: Date }): Promise<string>;
  /** Absolute path of a blob on disk; that of a folder for a name prefix (with or without its last slash; '' for the container's). */
  pathOf(account: string, container: string, blob: string): string;
  /** Writes a blob whole. @returns its size in bytes and its MD5, base64 */
  put(
    account: string,
    container: string,
    blob: string,
    content: Readable | Uint8Array | string,
    options?: { contentType?: string; metadata?: Record<string, string> },
  ): Promise<{ size: number; md5: string }>;
  /** The blobs whose names begin with `prefix`, in order. */
  list(
    account: string,
    container: string,
    prefix: string,
  ): Promise<{ name: string; size: number; modified: Date; etag: string; metadata: Record<string, string> }[]>;
  /** Begins sweeping what was never committed. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

/** First path segments of the service on a loopback address: `/_blobs/{account}/{container}/{blob}`. */
export const blobsPrefixes = [LOOPBACK_PREFIX] as const;

/** Accounts of workspaces, by the form of their names; they answer before they are first used. */
const WORKSPACE_ACCOUNT = /^mr[0-9a-f]{18}$/;
const SWEEP_MS = 6 * 3600 * 1000;

/**
 * Opens the blob service. It answers for its own accounts only: public data sets in other accounts of the same domain stay where they are.
 */
export async function createBlobs(deps: BlobsDeps): Promise<Blobs> {
  const { store, clock, vault } = deps;
  const blobs = openBlobStore(deps);
  const containers = openContainers({ root: blobs.root, store, clock });
  const keys = new Map<string, string>();
  for (const row of await store.read.selectFrom('blobs_accounts').selectAll().execute())
    keys.set(row.account, vault.open(row.key_sealed));

  const accountKey = async (account: string): Promise<string> => {
    const known = keys.get(account);
    if (known !== undefined) return known;
    checkContainerName(account, 'any');
    const made = randomBytes(64).toString('base64');
    const row = { account, key_sealed: vault.seal(made), created_at: clock.now().toISOString() };
    await store.write((writer) =>
      writer
        .insertInto('blobs_accounts')
        .values(row)
        .onConflict((on) => on.column('account').doNothing())
        .execute(),
    );
    const kept = await store.read
      .selectFrom('blobs_accounts')
      .select('key_sealed')
      .where('account', '=', account)
      .executeTakeFirstOrThrow();
    const key = vault.open(kept.key_sealed);
    keys.set(account, key);
    return key;
  };
  const ensureContainer = async (account: string, container: string): Promise<void> => {
    await accountKey(account);
    await containers.ensure(account, container);
  };

  let stopSweep = () => {};
  const sweep = async (): Promise<void> => {
    await sweepStaged(blobs.root, clock.now()).catch((error: unknown) =>
      deps.log.warn({ error: messageOf(error) }, 'staged blocks could not be swept'),
    );
    stopSweep = clock.after(SWEEP_MS, () => void sweep());
  };

  let service: FastifyInstance | undefined;
  return {
    get service() {
      service ??= createBlobService({
        store: blobs,
        containers,
        log: deps.log,
        authenticate: deps.authenticate,
        keyOf: async (account) => keys.get(account),
        policyOf: async (account, container, id) => {
          const state = await containers.state(account, container).catch(() => undefined);
          return state?.policies.find((policy) => policy.id === id);
        },
        now: () => clock.now(),
      });
      return service;
    },
    hosts(host) {
      const account = /^([a-z0-9]{3,24})\.blob\.core\.windows\.net$/.exec(host)?.[1];
      return account !== undefined && (keys.has(account) || WORKSPACE_ACCOUNT.test(account));
    },
    accountKey,
    ensureContainer,
    async signContainerSas(request) {
      await ensureContainer(request.account, request.container);
      return signContainer(await accountKey(request.account), request);
    },
    pathOf: (account, container, blob) =>
      blob === '' || blob.endsWith('/')
        ? folderPath(blobs.root, account, container, blob)
        : blobPath(blobs.root, { account, container, name: blob }),
    async put(account, container, blob, content, options = {}) {
      await ensureContainer(account, container);
      const body =
        content instanceof Readable
          ? content
          : Readable.from([typeof content === 'string' ? Buffer.from(content, 'utf8') : Buffer.from(content)]);
      const draft = await blobs.drafts.write(body, Number.MAX_SAFE_INTEGER);
      const properties = {
        ...plainProperties(),
        contentMd5: draft.md5,
        metadata: options.metadata ?? {},
        ...(options.contentType === undefined ? {} : { contentType: options.contentType }),
      };
      await blobs.commit({ account, container, name: blob }, draft, properties, () => {});
      return { size: draft.size, md5: draft.md5 };
    },
    async list(account, container, prefix) {
      const names: string[] = [];
      for await (const found of walk(blobs.root, { account, container, prefix, delimiter: '', from: '' }))
        names.push(found.name);
      const states = await blobs.states(account, container, names);
      return states.flatMap((state, index) =>
        state
          ? [
              {
                name: names[index] as string,
                size: state.size,
                modified: state.modified,
                etag: state.etag,
                metadata: state.properties.metadata,
              },
            ]
          : [],
      );
    },
    start: sweep,
    async stop() {
      stopSweep();
    },
  };
}
