import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { notFound } from '../kernel/errors.ts';

/** Where the list lies on the server's loopback address; clients are told by `AZURE_EXTENSION_INDEX_URL`. */
export const EXTENSION_INDEX_PATH = '/_cloud/extensions/index.json';

/** The public list that az itself asks (client source). */
const PUBLIC_INDEX = 'https://aka.ms/azure-cli-extension-index-v1';
const PUBLIC_TIME = 3000;
const LARGEST_INDEX = 64 * 1024 * 1024;

/** Where the wheels of installed extensions are had, by their file names. */
const WHEELS_PATH = '/_cloud/extensions';

/** An extension in the list, as az reads it (client source). Without a digest az does not compare one. */
type Entry = {
  readonly filename: string;
  readonly downloadUrl: string;
  readonly sha256Digest?: string;
  readonly metadata: Readonly<Record<string, unknown>>;
};

/** An extension that is installed on this machine. */
export type InstalledExtension = {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  /** The file that it was installed from: az keeps it in the folder, pip does not. */
  readonly wheel?: string;
  /** What the extension says of itself, for az to see whether it fits. */
  readonly metadata: Readonly<Record<string, unknown>>;
};

/**
 * Serves the list of az's extensions: the public one where it can be had, and beside it those that are installed on this machine, so that
 * `az extension add --name ml` finds what is there without a network.
 * @param folders where extensions are installed: one folder each, with a `*.dist-info/METADATA`
 * @param known the public list
 */
export function addExtensionIndex(
  service: FastifyInstance,
  folders: readonly string[],
  known: () => Promise<Readonly<Record<string, unknown>>> = publicExtensions,
): void {
  service.get(EXTENSION_INDEX_PATH, { config: { open: true } }, async (request) => {
    const [installed, others] = await Promise.all([installedExtensions(folders), known()]);
    const own = await Promise.all(
      installed.map(async (one) => [one.name, [await entryOf(one, `http://${request.headers.host}`)]] as const),
    );
    // The public list knows the files of every version: ours stands in only where it says nothing.
    return { formatVersion: '1', extensions: { ...Object.fromEntries(own), ...others } };
  });
  service.get(`${WHEELS_PATH}/:file`, { config: { open: true } }, async (request, reply) => {
    const { file } = request.params as { file: string };
    const found = (await installedExtensions(folders)).find((one) => fileNameOf(one) === file);
    if (!found) throw notFound(`No extension that is installed here has the file '${file.slice(0, 200)}'.`);
    if (found.wheel === undefined)
      throw notFound(
        `The extension ${found.name} ${found.version} is installed in ${found.folder}, but the file that it was installed from was not kept, and the list of public extensions could not be had.`,
      );
    return reply.type('application/zip').send(createReadStream(join(found.folder, found.wheel)));
  });
}

/** What lies in the folders, the first of a name. */
export async function installedExtensions(folders: readonly string[]): Promise<InstalledExtension[]> {
  const found = new Map<string, InstalledExtension>();
  for (const parent of folders)
    for (const name of await readdir(parent).catch(() => [])) {
      const folder = join(parent, name);
      const word = name.replaceAll(/\W/g, '_');
      // What the extension depends on lies in the same folder: its own files begin with its own name.
      const own = new RegExp(`^${word}-[^-]+\\.dist-info$`);
      const files = await readdir(folder).catch(() => []);
      const info = files.find((file) => own.test(file));
      if (info === undefined) continue;
      const text = await readFile(join(folder, info, 'METADATA'), 'utf8').catch(() => '');
      const version = /^Version: (\S+)/m.exec(text)?.[1];
      if (version === undefined || found.has(name)) continue;
      const wheel = files.find((file) => file.startsWith(`${word}-${version}-`) && file.endsWith('.whl'));
      found.set(name, {
        name,
        version,
        folder,
        ...(wheel === undefined ? {} : { wheel }),
        metadata: { ...(await ownMetadata(folder, files)), name, version },
      });
    }
  return [...found.values()];
}

/** `azext_<name>/azext_metadata.json`: which versions of az an extension fits. */
async function ownMetadata(folder: string, files: readonly string[]): Promise<object> {
  for (const module of files.filter((file) => file.startsWith('azext_')))
    try {
      return JSON.parse(await readFile(join(folder, module, 'azext_metadata.json'), 'utf8')) as object;
    } catch {
      // Not this module, or none has it: az then takes the extension to fit.
    }
  return {};
}

/** The file that it was installed from, or the name that such a file has. */
function fileNameOf(extension: InstalledExtension): string {
  return extension.wheel ?? `${extension.name.replaceAll(/\W/g, '_')}-${extension.version}-py3-none-any.whl`;
}

async function entryOf(extension: InstalledExtension, origin: string): Promise<Entry> {
  const filename = fileNameOf(extension);
  const { wheel, folder, metadata } = extension;
  return {
    filename,
    downloadUrl: `${origin}${WHEELS_PATH}/${filename}`,
    ...(wheel === undefined
      ? {}
      : {
          sha256Digest: createHash('sha256')
            .update(await readFile(join(folder, wheel)))
            .digest('hex'),
        }),
    metadata,
  };
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
