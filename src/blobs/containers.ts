import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../kernel/clock.ts';
import { newGuid } from '../kernel/ids.ts';
import type { Store } from '../store/index.ts';
import type { AccessPolicy } from './access-policy.ts';
import { BlobError, containerNotFound } from './blob-error.ts';
import { checkHolder, headersOf } from './conditions.ts';
import { type Lease, leaseElements, leaseHeaders } from './lease-state.ts';
import { checkContainerName, folderPath } from './names.ts';
import { createPathLocks } from './path-locks.ts';
import type { Answer, BlobRequest } from './request.ts';
import { SNAPSHOTS_FOLDER } from './snapshots.ts';
import type { BlobsTables } from './tables.ts';
import { metadataOf } from './write.ts';
import { XML_HEAD, xmlElement, xmlText } from './xml.ts';

export type ContainerState = {
  readonly etag: string;
  readonly modified: Date;
  readonly metadata: Readonly<Record<string, string>>;
  readonly lease?: Lease;
  /** Stored access policies, which signatures may name. */
  readonly policies: readonly AccessPolicy[];
};

/** Containers are folders; what is kept beside them is in a table. */
export type Containers = {
  /** Makes the container if it isn't there. @returns whether it was made */
  ensure(account: string, container: string, metadata?: Readonly<Record<string, string>>): Promise<boolean>;
  /** @throws BlobError ContainerNotFound */
  state(account: string, container: string): Promise<ContainerState>;
  /** Changes what is kept of the container; new ETag and time unless `quiet`. `check` sees the state before. */
  update(
    account: string,
    container: string,
    change: (state: ContainerState) => Partial<Pick<ContainerState, 'metadata' | 'policies'>>,
    check: (state: ContainerState) => void,
  ): Promise<ContainerState>;
  /** Takes one step of the container's lease; ETag and time stay. */
  setLease(
    account: string,
    container: string,
    step: (lease: Lease | undefined) => Lease | undefined,
  ): Promise<ContainerState>;
  remove(account: string, container: string, check: (state: ContainerState) => void): Promise<void>;
  names(account: string): Promise<string[]>;
};

export function openContainers(deps: {
  readonly root: string;
  readonly store: Store<BlobsTables>;
  readonly clock: Clock;
}): Containers {
  const { root, store, clock } = deps;
  const exclusive = createPathLocks();
  const save = async (account: string, container: string, kept: ContainerState) => {
    const row = {
      account,
      container,
      metadata: JSON.stringify(kept.metadata),
      etag: kept.etag,
      modified_at: kept.modified.toISOString(),
      lease: kept.lease ? JSON.stringify(kept.lease) : null,
      policies: kept.policies.length > 0 ? JSON.stringify(kept.policies) : null,
    };
    await store.write((writer) =>
      writer
        .insertInto('blobs_containers')
        .values(row)
        .onConflict((on) => on.columns(['account', 'container']).doUpdateSet(row))
        .execute(),
    );
  };
  const fresh = () => ({
    etag: `0x8D${newGuid().replaceAll('-', '').slice(0, 13).toUpperCase()}`,
    modified: clock.now(),
  });
  const state = async (account: string, container: string): Promise<ContainerState> => {
    const found = await stat(folderPath(root, account, container, '')).catch(() => undefined);
    if (!found?.isDirectory()) throw containerNotFound();
    const row = await store.read
      .selectFrom('blobs_containers')
      .selectAll()
      .where('account', '=', account)
      .where('container', '=', container)
      .executeTakeFirst();
    if (!row)
      return { etag: `0x8${found.birthtimeMs.toString(16)}`, modified: found.birthtime, metadata: {}, policies: [] };
    return {
      etag: row.etag,
      modified: new Date(row.modified_at),
      metadata: JSON.parse(row.metadata) as Record<string, string>,
      ...(row.lease === null ? {} : { lease: JSON.parse(row.lease) as Lease }),
      policies: row.policies === null ? [] : (JSON.parse(row.policies) as AccessPolicy[]),
    };
  };
  return {
    state,
    async ensure(account, container, metadata = {}) {
      const path = folderPath(root, account, container, '');
      await mkdir(join(root, account), { recursive: true, mode: 0o700 });
      try {
        await mkdir(path, { mode: 0o700 });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw error;
      }
      await save(account, container, { ...fresh(), metadata, policies: [] });
      return true;
    },
    update: (account, container, change, check) =>
      exclusive(`${account}/${container}`, async () => {
        const before = await state(account, container);
        check(before);
        const after = { ...before, ...change(before), ...fresh() };
        await save(account, container, after);
        return after;
      }),
    setLease: (account, container, step) =>
      exclusive(`${account}/${container}`, async () => {
        const { lease: before, ...rest } = await state(account, container);
        const lease = step(before);
        const after = lease ? { ...rest, lease } : rest;
        await save(account, container, after);
        return after;
      }),
    async remove(account, container, check) {
      check(await state(account, container));
      // Out of the way at once, whole; then the bytes.
      const trash = join(root, '_drafts', newGuid());
      await mkdir(join(root, '_drafts'), { recursive: true, mode: 0o700 });
      await rename(folderPath(root, account, container, ''), trash);
      const snapshots = await store.read
        .selectFrom('blobs_snapshots')
        .select('file')
        .where('account', '=', account)
        .where('container', '=', container)
        .execute();
      await store.write(async (writer) => {
        for (const table of ['blobs_containers', 'blobs_properties', 'blobs_snapshots'] as const)
          await writer.deleteFrom(table).where('account', '=', account).where('container', '=', container).execute();
      });
      await rm(trash, { recursive: true, force: true });
      for (const { file } of snapshots) await rm(join(root, SNAPSHOTS_FOLDER, file), { force: true });
    },
    async names(account) {
      checkContainerName(account, 'any');
      const entries = await readdir(join(root, account), { withFileTypes: true }).catch(() => []);
      return entries
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort();
    },
  };
}

export async function createContainer(containers: Containers, request: BlobRequest): Promise<Answer> {
  if (!(await containers.ensure(request.account, request.container, metadataOf(request))))
    throw new BlobError(409, 'ContainerAlreadyExists', 'The container exists already.');
  return { status: 201, headers: headersOf(await containers.state(request.account, request.container)) };
}

/** Set Container Metadata: replaces it whole. */
export async function setContainerMetadata(containers: Containers, request: BlobRequest, now: Date): Promise<Answer> {
  const metadata = metadataOf(request);
  const state = await containers.update(request.account, request.container, () => ({ metadata }), heldBy(request, now));
  return { status: 200, headers: headersOf(state) };
}

export async function deleteContainer(containers: Containers, request: BlobRequest, now: Date): Promise<Answer> {
  await containers.remove(request.account, request.container, heldBy(request, now, true));
  return { status: 202, headers: {} };
}

/** Only a deletion needs the lease; other writes name it or not (documented). */
function heldBy(request: BlobRequest, now: Date, needed = false): (state: ContainerState) => void {
  return ({ lease }) => {
    if (needed || request.header('x-ms-lease-id') !== undefined) checkHolder(request, lease, 'Container', now);
  };
}

export async function containerProperties(containers: Containers, request: BlobRequest, now: Date): Promise<Answer> {
  const state = await containers.state(request.account, request.container);
  const metadata = Object.entries(state.metadata).map(([name, value]) => [`x-ms-meta-${name}`, value]);
  return {
    status: 200,
    headers: {
      ...headersOf(state),
      ...Object.fromEntries(metadata),
      ...leaseHeaders(state.lease, now),
      'x-ms-has-immutability-policy': 'false',
      'x-ms-has-legal-hold': 'false',
    },
  };
}

/** List Containers of an account, in pages. */
export async function listContainers(containers: Containers, request: BlobRequest, now: Date): Promise<Answer> {
  const { query } = request;
  const prefix = query.get('prefix') ?? '';
  const marker = query.get('marker') ?? '';
  const most = Math.min(Math.max(1, Number(query.get('maxresults') ?? 5000) || 5000), 5000);
  const names = (await containers.names(request.account)).filter((name) => name.startsWith(prefix) && name >= marker);
  const page = names.slice(0, most);
  const withMetadata = (query.get('include') ?? '').split(',').includes('metadata');
  const items = await Promise.all(
    page.map(async (name) => {
      const state = await containers.state(request.account, name);
      const metadata = Object.entries(state.metadata).map(([key, value]) => xmlElement(key, value));
      return `<Container>${xmlElement('Name', name)}<Properties>${xmlElement('Last-Modified', state.modified.toUTCString())}${xmlElement('Etag', `"${state.etag}"`)}${leaseElements(state.lease, now)}</Properties>${withMetadata ? `<Metadata>${metadata.join('')}</Metadata>` : ''}</Container>`;
    }),
  );
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    text: `${XML_HEAD}<EnumerationResults ServiceEndpoint="${xmlText(request.endpoint)}">${xmlElement('Prefix', prefix)}${xmlElement('Marker', marker)}${xmlElement('MaxResults', most)}<Containers>${items.join('')}</Containers>${xmlElement('NextMarker', names[most])}</EnumerationResults>`,
  };
}
