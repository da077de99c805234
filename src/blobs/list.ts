import { BlobError, containerNotFound } from './blob-error.ts';
import type { BlobStore } from './blob-store.ts';
import type { BlobState } from './properties.ts';
import type { Answer, BlobRequest } from './request.ts';
import { type Found, walk } from './walk.ts';
import { XML_HEAD, xmlElement, xmlText } from './xml.ts';

/** Most items of a page (documented). */
const PAGE_LIMIT = 5000;

/** List Blobs: flat, or one level of a hierarchy; in pages. */
export async function listBlobs(store: BlobStore, request: BlobRequest): Promise<Answer> {
  const { account, container, query } = request;
  if (!(await store.hasContainer(account, container))) throw containerNotFound();
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const marker = query.get('marker') ?? '';
  const most = pageSize(query.get('maxresults'));
  const page: Found[] = [];
  let next = '';
  for await (const found of walk(store.root, { account, container, prefix, delimiter, from: nameOf(marker) })) {
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
  const include = new Set((query.get('include') ?? '').split(',').map((word) => word.trim()));
  const items = page.map((found) => {
    if (found.kind === 'prefix') return `<BlobPrefix>${nameElement(found.name)}</BlobPrefix>`;
    const state = states.get(found.name);
    return state ? blobElement(found.name, state, include.has('metadata')) : '';
  });
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    text: `${XML_HEAD}<EnumerationResults ServiceEndpoint="${xmlText(request.endpoint)}" ContainerName="${xmlText(container)}">${xmlElement('Prefix', prefix)}${xmlElement('Marker', marker)}${xmlElement('MaxResults', most)}${xmlElement('Delimiter', delimiter)}<Blobs>${items.join('')}</Blobs>${xmlElement('NextMarker', next)}</EnumerationResults>`,
  };
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

function blobElement(name: string, state: BlobState, withMetadata: boolean): string {
  const { properties } = state;
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
    properties.lease
      ? '<LeaseStatus>locked</LeaseStatus><LeaseState>leased</LeaseState>'
      : '<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>',
    '<ServerEncrypted>true</ServerEncrypted>',
  ];
  const metadata = Object.entries(properties.metadata).map(([key, value]) => xmlElement(key, value));
  return `<Blob>${nameElement(name)}<Properties>${fields.join('')}</Properties>${withMetadata ? `<Metadata>${metadata.join('')}</Metadata>` : ''}</Blob>`;
}
