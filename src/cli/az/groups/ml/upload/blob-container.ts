import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { insideRoot } from '../../../../../kernel/paths.ts';
import { commandError, serviceError } from '../../../errors.ts';
import type { Http, HttpResponse } from '../../../http.ts';

/** A blob container, reached by a shared access signature or a token. */
export type BlobContainer = {
  /** A blob's metadata, keys in lower case; undefined when there is no such blob. */
  metadata(name: string): Promise<Record<string, string> | undefined>;
  /** Uploads a file; `replace` allows a blob of that name to be there. */
  put(name: string, file: string, size: number, replace: boolean): Promise<void>;
  setMetadata(name: string, metadata: Readonly<Record<string, string>>): Promise<void>;
  /** Names of the blobs that begin with a prefix. */
  list(prefix: string): Promise<string[]>;
  /** Downloads a blob of that name, or those in a folder of that name, into a folder; all there are for no name. @returns how many */
  download(prefix: string, folder: string): Promise<number>;
};

const VERSION = '2024-11-04';
/** Above it a blob is sent in blocks, as the storage client does by default (documented). */
const SINGLE_PUT = 64 * 1024 * 1024;
const BLOCK = 8 * 1024 * 1024;
/** Tries of a download that breaks off. */
const MOST_DOWNLOADS = 3;

/**
 * Opens a container.
 * @param url the container's address, without a query
 * @param access a SAS (no leading `?`), or headers that sign each request
 */
export function openContainer(
  http: Http,
  url: string,
  access: { sas: string } | { headers: Record<string, string> },
): BlobContainer {
  const base = url.replace(/\/+$/, '');
  const sas = 'sas' in access ? access.sas.replace(/^\?/, '') : '';
  const extra = 'headers' in access ? access.headers : {};
  const address = (name: string | undefined, query: Readonly<Record<string, string>> = {}) => {
    const path = name === undefined ? '' : `/${name.split('/').map(encodeURIComponent).join('/')}`;
    const all = [new URLSearchParams(query).toString(), sas].filter(Boolean).join('&');
    return `${base}${path}${all ? `?${all}` : ''}`;
  };
  const send = async (
    method: string,
    target: string,
    headers: Record<string, string> = {},
    body?: string | Uint8Array,
  ) => {
    const response = await http.request({
      method,
      url: target,
      headers: { 'x-ms-version': VERSION, 'x-ms-date': new Date().toUTCString(), ...extra, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    return response;
  };
  const expect = (response: HttpResponse, name: string) => {
    if (response.status < 300) return;
    const code = response.headers['x-ms-error-code'];
    const text = response.body.toString('utf8').slice(0, 2000);
    if (!code) throw serviceError(response.status, text, response.reason);
    throw commandError(`Storage refused '${name}': ${response.status} ${code}.`, { status: response.status, code });
  };
  /** A blob that may not be there yet is there when an earlier try arrived and its answer was lost. */
  const expectPut = (response: HttpResponse, name: string) => {
    if (response.tries > 1 && response.status === 409) return;
    expect(response, name);
  };
  const putBlocks = async (name: string, file: string, size: number, condition: Record<string, string>) => {
    const handle = await open(file, 'r');
    const ids: string[] = [];
    try {
      for (let at = 0; at < size; at += BLOCK) {
        const piece = Buffer.allocUnsafe(Math.min(BLOCK, size - at));
        const { bytesRead } = await handle.read(piece, 0, piece.length, at);
        if (bytesRead !== piece.length) throw commandError(`${file} changed while it was uploaded. Submit again.`);
        const id = Buffer.from(String(ids.length).padStart(10, '0')).toString('base64');
        ids.push(id);
        expect(await send('PUT', address(name, { comp: 'block', blockid: id }), {}, piece), name);
      }
    } finally {
      await handle.close();
    }
    const list = `<?xml version="1.0" encoding="utf-8"?><BlockList>${ids.map((id) => `<Latest>${id}</Latest>`).join('')}</BlockList>`;
    expectPut(
      await send(
        'PUT',
        address(name, { comp: 'blocklist' }),
        { 'content-type': 'application/xml', ...condition },
        list,
      ),
      name,
    );
  };
  const list = async (prefix: string) => {
    const names: string[] = [];
    let marker = '';
    do {
      const query = { restype: 'container', comp: 'list', prefix, ...(marker ? { marker } : {}) };
      const response = await send('GET', address(undefined, query));
      expect(response, prefix);
      const xml = response.body.toString('utf8');
      for (const match of xml.matchAll(/<Blob>[\s\S]*?<Name>([\s\S]*?)<\/Name>/g))
        names.push(decodeXml(match[1] ?? ''));
      marker = decodeXml(/<NextMarker>([\s\S]*?)<\/NextMarker>/.exec(xml)?.[1] ?? '');
    } while (marker);
    return names;
  };
  return {
    async metadata(name) {
      const response = await send('HEAD', address(name));
      if (response.status === 404) return undefined;
      expect(response, name);
      const entries = Object.entries(response.headers).filter(([key]) => key.startsWith('x-ms-meta-'));
      return Object.fromEntries(
        entries.map(([key, value]) => [key.slice('x-ms-meta-'.length).toLowerCase(), value ?? '']),
      );
    },
    async put(name, file, size, replace) {
      const condition: Record<string, string> = replace ? {} : { 'if-none-match': '*' };
      if (size > SINGLE_PUT) return putBlocks(name, file, size, condition);
      const handle = await open(file, 'r');
      const bytes = await handle.readFile().finally(() => handle.close());
      const headers = { 'x-ms-blob-type': 'BlockBlob', 'content-type': 'application/octet-stream', ...condition };
      expectPut(await send('PUT', address(name), headers, bytes), name);
    },
    async setMetadata(name, metadata) {
      const headers = Object.fromEntries(Object.entries(metadata).map(([key, value]) => [`x-ms-meta-${key}`, value]));
      expect(await send('PUT', address(name, { comp: 'metadata' }), headers), name);
    },
    list,
    async download(prefix, folder) {
      // A list goes by letters: `model` begins `model2/weights` as well.
      const inside = (name: string) => prefix === '' || prefix.endsWith('/') || name[prefix.length] === '/';
      const names = (await list(prefix)).filter((name) => name === prefix || inside(name));
      for (const name of names) {
        const below = name.slice(prefix.length).replace(/^\/+/, '') || (name.split('/').at(-1) ?? name);
        await downloadTo(http, address(name), { 'x-ms-version': VERSION, ...extra }, insideRoot(folder, below), name);
      }
      return names.length;
    },
  };
}

async function downloadTo(
  http: Http,
  url: string,
  headers: Record<string, string>,
  file: string,
  name: string,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.part`;
  for (let turn = 1; ; turn++) {
    const response = await http.open({ url, headers });
    if ('status' in response)
      throw commandError(
        `Storage refused '${name}': ${response.status} ${response.headers['x-ms-error-code'] ?? response.reason}.`,
      );
    try {
      await pipeline(response, createWriteStream(draft));
      return await rename(draft, file);
    } catch (cause) {
      await rm(draft, { force: true });
      // The server ended in the middle of it: from the beginning, when it is back.
      const again = (cause as NodeJS.ErrnoException).code === 'ECONNRESET' && turn < MOST_DOWNLOADS;
      if (!again) throw commandError(`Cannot write ${file}: ${(cause as Error).message}`, { cause });
    }
  }
}

function decodeXml(text: string): string {
  const named: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal) return String.fromCodePoint(Number(decimal));
    return named[name ?? ''] ?? whole;
  });
}
