import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';

/** Where the list lies on the server's loopback address; clients are told by `AZURE_EXTENSION_INDEX_URL`. */
export const EXTENSION_INDEX_PATH = '/_cloud/extensions/index.json';

/** The public list that az itself asks (client source). */
const PUBLIC_INDEX = 'https://aka.ms/azure-cli-extension-index-v1';
const PUBLIC_TIME = 3000;
const LARGEST_INDEX = 64 * 1024 * 1024;

type Entry = {
  readonly filename: string;
  readonly downloadUrl: string;
  readonly sha256Digest: string;
  readonly metadata: object;
};

/**
 * Serves the list of az's extensions: the public one where it can be had, and beside it those that are installed on this machine, so that
 * `az extension add --name ml` finds what is there without a network.
 * @param folders where extensions are installed: one folder each, with a `*.dist-info/METADATA`
 */
export function addExtensionIndex(service: FastifyInstance, folders: readonly string[]): void {
  service.get(EXTENSION_INDEX_PATH, { config: { open: true } }, async () => {
    const [installed, known] = await Promise.all([installedExtensions(folders), publicExtensions()]);
    // The public list knows real addresses and newer versions: ours stands in only where it says nothing.
    return { formatVersion: '1', extensions: { ...installed, ...known } };
  });
}

/**
 * The installed extensions as entries of the list, for az to see that the version is there already. Nothing can be downloaded by such an
 * entry: its digest is that of no file, so an az that tried would refuse what it got.
 */
export async function installedExtensions(folders: readonly string[]): Promise<Record<string, Entry[]>> {
  const found: Record<string, Entry[]> = {};
  for (const folder of folders)
    for (const name of await readdir(folder).catch(() => [])) {
      // What the extension depends on lies in the same folder: its own record begins with its own name.
      const own = new RegExp(`^${name.replaceAll(/\W/g, '_')}-[^-]+\\.dist-info$`);
      const info = (await readdir(join(folder, name)).catch(() => [])).find((file) => own.test(file));
      if (info === undefined) continue;
      const text = await readFile(join(folder, name, info, 'METADATA'), 'utf8').catch(() => '');
      const version = /^Version: (\S+)/m.exec(text)?.[1];
      if (version === undefined || found[name]) continue;
      const filename = `${name.replaceAll('-', '_')}-${version}-py3-none-any.whl`;
      const downloadUrl = `https://azcliprod.blob.core.windows.net/cli-extensions/${filename}`;
      found[name] = [
        {
          filename,
          downloadUrl,
          sha256Digest: createHash('sha256').update(filename).digest('hex'),
          metadata: { name, version },
        },
      ];
    }
  return found;
}

async function publicExtensions(): Promise<Record<string, unknown>> {
  try {
    const answer = await fetch(PUBLIC_INDEX, { signal: AbortSignal.timeout(PUBLIC_TIME) });
    const text = await answer.text();
    if (!answer.ok || text.length > LARGEST_INDEX) return {};
    return (JSON.parse(text) as { extensions?: Record<string, unknown> }).extensions ?? {};
  } catch {
    // No network, or a proxy that does not let it through: what is installed is all there is.
    return {};
  }
}
