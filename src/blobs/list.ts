import { BlobError, containerNotFound } from './blob-error.ts';
import type { BlobStore } from './blob-store.ts';
import { stagedNames } from './blocks.ts';
import { leaseElements } from './lease-state.ts';
import type { BlobState } from './properties.ts';
import type { Answer, BlobRequest } from './request.ts';
import type { Snapshot } from './snapshots.ts';
import { type Found, walk } from './walk.ts';
import { XML_HEAD, xmlElement, xmlText } from './xml.ts';

/** Most items of a page (documented). */
const PAGE_LIMIT = 5000;

/** List Blobs: flat, or one level of a hierarchy; in pages; with snapshots and uncommitted blobs where they are asked for. */
export async function listBlobs(store: BlobStore, request: BlobRequest, now: Date): Promise<Answer> {
  const { account, container, query } = request;
  if (!(await store.hasContainer(account, container))) throw containerNotFound();
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const marker = query.get('marker') ?? '';
  const most = pageSize(query.get('maxresults'));
  const include = new Set((query.get('include') ?? '').split(',').map((word) => word.trim()));
  const wanted = { account, container, prefix, delimiter, from: nameOf(marker) };
  const asked: string[] = [];
  if (include.has('uncommittedblobs')) asked.push(...(await stagedNames(store, account, container)));
  // A blob that is gone may have left snapshots.
  if (include.has('snapshots')) asked.push(...(await store.snapshots.names(account, container, prefix)));
  const page: Found[] = [];
  let next = '';
  for await (const found of merge(walk(store.root, wanted), levelsOf(asked, wanted))) {
    if (page.length === most) {
      next = markerOf(found.name);
      break;
    }
    page.push(found);
  }
  const names = page.filter((found) => found.kind === 'blob').map((found) => found.name);
  const states = new Map<string, BlobState | undefined>();
  for (const [index, state] of (await store.states(account, container, names)).entries())
    states.set(names[index] as string, state);
  const snapshots: ReadonlyMap<string, readonly Snapshot[]> = include.has('snapshots')
    ? await store.snapshots.list(account, container, names)
    : new Map();
  const staged = new Set(include.has('uncommittedblobs') ? asked : []);
  const items: string[] = [];
  for (const found of page) {
    if (found.kind === 'prefix') {
      items.push(`<BlobPrefix>${nameElement(found.name)}</BlobPrefix>`);
      continue;
    }
    // A page ends before a blob whose snapshots it has no room for: they stand together, the oldest first (documented).
    const older = snapshots.get(found.name) ?? [];
    if (items.length > 0 && items.length + older.length + 1 > most) {
      next = markerOf(found.name);
      break;
    }
    for (const { snapshot, state } of older) items.push(blobElement(found.name, state, include, now, snapshot));
    const state = states.get(found.name);
    if (state) items.push(blobElement(found.name, state, include, now));
    else if (staged.has(found.name)) items.push(uncommittedElement(found.name));
  }
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    text: `${XML_HEAD}<EnumerationResults ServiceEndpoint="${xmlText(request.endpoint)}" ContainerName="${xmlText(container)}">${xmlElement('Prefix', prefix)}${xmlElement('Marker', marker)}${xmlElement('MaxResults', most)}${xmlElement('Delimiter', delimiter)}<Blobs>${items.join('')}</Blobs>${xmlElement('NextMarker', next)}</EnumerationResults>`,
  };
}

/** Names that no folder shows, as a walk would give them. */
function levelsOf(
  names: readonly string[],
  { prefix, delimiter, from }: { prefix: string; delimiter: string; from: string },
): Found[] {
  const found = new Map<string, Found>();
  for (const name of names.filter((candidate) => candidate.startsWith(prefix))) {
    const cut = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
    const grouped = cut < 0 ? name : name.slice(0, cut + delimiter.length);
    if (grouped >= from) found.set(grouped, { kind: cut < 0 ? 'blob' : 'prefix', name: grouped });
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Both in the order of names; what is in both comes once. */
async function* merge(walked: AsyncGenerator<Found>, asked: readonly Found[]): AsyncGenerator<Found> {
  let index = 0;
  for await (const found of walked) {
    for (let other = asked[index]; other && other.name < found.name; other = asked[++index]) yield other;
    if (asked[index]?.name === found.name) index++;
    yield found;
  }
  yield* asked.slice(index);
}

function pageSize(text: string | undefined): number {
  if (text === undefined) return PAGE_LIMIT;
  const size = Number(text);
  if (!Number.isInteger(size) || size < 1)
    throw new BlobError(400, 'OutOfRangeQueryParameterValue', "The parameter 'maxresults' must be 1 or more.");
  return Math.min(size, PAGE_LIMIT);
}

/** A marker is the next page's first name, in a form that clients leave alone. */
function markerOf(name: string): string {
  return Buffer.from(name, 'utf8').toString('base64url');
}

function nameOf(marker: string): string {
  return Buffer.from(marker, 'base64url').toString('utf8');
}

/** Names with characters that XML cannot hold are percent-encoded and marked so (documented). */
function nameElement(name: string): string {
  return /[\u0000-\u001f\ufffe\uffff]/.test(name)
    ? `<Name Encoded="true">${encodeURIComponent(name)}</Name>`
    : xmlElement('Name', name);
}

function blobElement(
  name: string,
  state: BlobState,
  include: ReadonlySet<string>,
  now: Date,
  snapshot?: string,
): string {
  const { properties } = state;
  const { copy } = properties;
  const fields = [
    xmlElement('Creation-Time', state.created.toUTCString()),
    xmlElement('Last-Modified', state.modified.toUTCString()),
    xmlElement('Etag', state.etag),
    xmlElement('Content-Length', state.size),
    xmlElement('Content-Type', properties.contentType ?? 'application/octet-stream'),
    xmlElement('Content-Encoding', properties.contentEncoding),
    xmlElement('Content-Language', properties.contentLanguage),
    xmlElement('Content-MD5', properties.contentMd5),
    xmlElement('Cache-Control', properties.cacheControl),
    xmlElement('Content-Disposition', properties.contentDisposition),
    xmlElement('BlobType', properties.type),
    '<AccessTier>Hot</AccessTier><AccessTierInferred>true</AccessTierInferred>',
    snapshot === undefined ? leaseElements(properties.lease, now) : '',
    include.has('copy') && copy
      ? `${xmlElement('CopyId', copy.id)}${xmlElement('CopySource', copy.source)}<CopyStatus>success</CopyStatus>${xmlElement('CopyProgress', `${state.size}/${state.size}`)}${xmlElement('CopyCompletionTime', new Date(copy.completedAt).toUTCString())}`
      : '',
    '<ServerEncrypted>true</ServerEncrypted>',
  ];
  const metadata = Object.entries(properties.metadata).map(([key, value]) => xmlElement(key, value));
  return `<Blob>${nameElement(name)}${snapshot === undefined ? '' : xmlElement('Snapshot', snapshot)}<Properties>${fields.join('')}</Properties>${include.has('metadata') ? `<Metadata>${metadata.join('')}</Metadata>` : ''}</Blob>`;
}

function uncommittedElement(name: string): string {
  return `<Blob>${nameElement(name)}<Properties><Content-Length>0</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob>`;
}
