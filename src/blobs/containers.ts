import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../kernel/clock.ts';
import { newGuid } from '../kernel/ids.ts';
import type { Store } from '../store/index.ts';
import { BlobError, containerNotFound } from './blob-error.ts';
import { headersOf } from './conditions.ts';
import { checkContainerName, folderPath } from './names.ts';
import type { Answer, BlobRequest } from './request.ts';
import type { BlobsTables } from './tables.ts';
import { metadataOf } from './write.ts';
import { XML_HEAD, xmlElement, xmlText } from './xml.ts';

export type ContainerState = {
  readonly etag: string;
  readonly modified: Date;
  readonly metadata: Readonly<Record<string, string>>;
};

/** Containers are folders; what is kept beside them is in a table. */
export type Containers = {
  /** Makes the container if it isn't there. @returns whether it was made */
  ensure(account: string, container: string, metadata?: Readonly<Record<string, string>>): Promise<boolean>;
  /** @throws BlobError ContainerNotFound */
  state(account: string, container: string): Promise<ContainerState>;
  setMetadata(account: string, container: string, metadata: Readonly<Record<string, string>>): Promise<ContainerState>;
  remove(account: string, container: string): Promise<void>;
  names(account: string): Promise<string[]>;
};

export function openContainers(deps: {
  readonly root: string;
  readonly store: Store<BlobsTables>;
  readonly clock: Clock;
}): Containers {
  const { root, store, clock } = deps;
  const save = async (account: string, container: string, metadata: Readonly<Record<string, string>>) => {
    const row = {
      account,
      container,
      metadata: JSON.stringify(metadata),
      etag: `0x8D${newGuid().replaceAll('-', '').slice(0, 13).toUpperCase()}`,
      modified_at: clock.now().toISOString(),
    };
    await store.write((writer) =>
      writer
        .insertInto('blobs_containers')
        .values(row)
        .onConflict((on) => on.columns(['account', 'container']).doUpdateSet(row))
        .execute(),
    );
  };
  const state = async (account: string, container: string): Promise<ContainerState> => {
    const found = await stat(folderPath(root, account, container, '')).catch(() => undefined);
    if (!found?.isDirectory()) throw containerNotFound();
    const row = await store.read
      .selectFrom('blobs_containers')
      .selectAll()
      .where('account', '=', account)
      .where('container', '=', container)
      .executeTakeFirst();
    return row
      ? {
          etag: row.etag,
          modified: new Date(row.modified_at),
          metadata: JSON.parse(row.metadata) as Record<string, string>,
        }
      : { etag: `0x8${found.birthtimeMs.toString(16)}`, modified: found.birthtime, metadata: {} };
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
      await save(account, container, metadata);
      return true;
    },
    async setMetadata(account, container, metadata) {
      await state(account, container);
      await save(account, container, metadata);
      return state(account, container);
    },
    async remove(account, container) {
      await state(account, container);
      // Out of the way at once, whole; then the bytes.
      const trash = join(root, '_drafts', newGuid());
      await mkdir(join(root, '_drafts'), { recursive: true, mode: 0o700 });
      await rename(folderPath(root, account, container, ''), trash);
      await store.write(async (writer) => {
        for (const table of ['blobs_containers', 'blobs_properties'] as const)
          await writer.deleteFrom(table).where('account', '=', account).where('container', '=', container).execute();
      });
      await rm(trash, { recursive: true, force: true });
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

export async function containerProperties(containers: Containers, request: BlobRequest): Promise<Answer> {
  const state = await containers.state(request.account, request.container);
  const metadata = Object.entries(state.metadata).map(([name, value]) => [`x-ms-meta-${name}`, value]);
  return {
    status: 200,
    headers: {
      ...headersOf(state),
      ...Object.fromEntries(metadata),
      'x-ms-lease-state': 'available',
      'x-ms-lease-status': 'unlocked',
      'x-ms-has-immutability-policy': 'false',
      'x-ms-has-legal-hold': 'false',
    },
  };
}

/** List Containers of an account, in pages. */
export async function listContainers(containers: Containers, request: BlobRequest): Promise<Answer> {
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
      return `<Container>${xmlElement('Name', name)}<Properties>${xmlElement('Last-Modified', state.modified.toUTCString())}${xmlElement('Etag', `"${state.etag}"`)}<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState></Properties>${withMetadata ? `<Metadata>${metadata.join('')}</Metadata>` : ''}</Container>`;
    }),
  );
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    text: `${XML_HEAD}<EnumerationResults ServiceEndpoint="${xmlText(request.endpoint)}">${xmlElement('Prefix', prefix)}${xmlElement('Marker', marker)}${xmlElement('MaxResults', most)}<Containers>${items.join('')}</Containers>${xmlElement('NextMarker', names[most])}</EnumerationResults>`,
  };
}
