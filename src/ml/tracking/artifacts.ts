import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { invalid, notFound } from '../../kernel/errors.ts';
import { newGuid } from '../../kernel/ids.ts';
import { insideRoot } from '../../kernel/paths.ts';
import type { BlobAccess, Workspace } from '../types.ts';
import { artifactBlob, artifactUri } from './artifact-uri.ts';
import type { Call } from './call.ts';
import { registeredVersion } from './registry-store.ts';
import { runRow } from './runs.ts';
import { text } from './wire.ts';

type Deps = { readonly blobs: Pick<BlobAccess, 'pathOf'> };
export type ArtifactInfo = { readonly path: string; readonly is_dir: boolean; readonly file_size?: number };

const LIST_LIMIT = 10_000;

/** The file of an artifact. @throws invalid when the path leaves the run's folder */
export function artifactFile(deps: Deps, workspace: Workspace, runId: string, path: string): string {
  const clean = path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  // Only asks whether the path stays inside: the blob service says where it lies.
  insideRoot('/', `${runId}/${clean}`);
  if (runId === '' || runId.includes('/') || [...clean.split('/'), runId].includes('..'))
    throw invalid(`The artifact path '${path.slice(0, 200)}' leaves its run.`, { target: 'path' });
  const { account, container, blob } = artifactBlob(workspace, runId, clean);
  return deps.blobs.pathOf(account, container, blob);
}

/** What a folder of a run's artifacts holds, sorted; an artifact that is a file lists as nothing, as clients expect. */
export function listRunArtifacts(
  deps: Deps,
  workspace: Workspace,
  runId: string,
  path: string,
): Promise<ArtifactInfo[]> {
  return listFolder(artifactFile(deps, workspace, runId, path), path.replace(/\/+$/, ''));
}

/** @param prefix the folder's own path, which the entries' paths begin with */
async function listFolder(folder: string, prefix: string): Promise<ArtifactInfo[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  const found: ArtifactInfo[] = [];
  for (const entry of entries.slice(0, LIST_LIMIT)) {
    const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) found.push({ path: name, is_dir: true });
    else if (!entry.name.endsWith('.part'))
      found.push({ path: name, is_dir: false, file_size: (await stat(join(folder, entry.name))).size });
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** `artifacts/list`: by run, as the tracking API has it. */
export async function listArtifacts(call: Call) {
  const run = await runRow(call);
  const files = await listRunArtifacts(
    call.deps,
    call.workspace,
    run.run_id,
    text(call.fields, 'path', { fallback: '' }),
  );
  return { root_uri: artifactUri(call, { kind: 'run', experimentId: run.experiment_id, runId: run.run_id }), files };
}

type Place = { readonly kind: 'run'; readonly runId: string; readonly path: string } | ModelPlace;
type ModelPlace = { readonly kind: 'model'; readonly name: string; readonly version: string; readonly path: string };

/** Reads `runs/{run}/artifacts/{path}` and `models/{name}/{version}/{path}`, the forms of the addresses that we give out. @throws invalid for any other */
function proxied(path: string): Place {
  const run = /^\/?runs\/([^/]+)\/artifacts(?:\/(.*))?$/s.exec(path);
  if (run) return { kind: 'run', runId: run[1] as string, path: (run[2] ?? '').replace(/\/+$/, '') };
  const model = /^\/?models\/([^/]+)\/([^/]+)(?:\/(.*))?$/s.exec(path);
  if (model)
    return {
      kind: 'model',
      name: model[1] as string,
      version: model[2] as string,
      path: (model[3] ?? '').replace(/\/+$/, ''),
    };
  throw invalid(
    `'${path.slice(0, 200)}' is not an artifact address of this server (runs/{run}/artifacts/{path}, models/{name}/{version}/{path}).`,
    { target: 'path' },
  );
}

/** The place of a run's artifact, which may be written. @throws invalid for a registered model's files */
function writable(path: string): { runId: string; path: string } {
  const place = proxied(path);
  if (place.kind === 'run') return place;
  throw invalid(`The files of ${place.name}:${place.version} are read only: log them in a run, and register them.`, {
    target: 'path',
  });
}

/** The path on disk of what an address names. */
async function fileOf(call: Call, place: Place): Promise<string> {
  if (place.kind === 'run') return artifactFile(call.deps, call.workspace, place.runId, place.path);
  const { asset } = await registeredVersion(call, place.name, place.version);
  const root = await call.deps.modelPath(call.workspace, String(asset.properties['modelUri'] ?? ''));
  return place.path === '' ? root : insideRoot(root, place.path);
}

/** The file that an address is written to. @throws invalid for an address that names no artifact of a run */
export function writableArtifact(call: Call, address: string): string {
  const place = writable(address);
  if (place.path === '') throw invalid('An artifact needs a name.', { target: 'path' });
  return artifactFile(call.deps, call.workspace, place.runId, place.path);
}

/** The file that an address is read from, which need not be there, and how errors call what it belongs to. */
export async function readableArtifact(call: Call, address: string): Promise<{ file: string; owner: string }> {
  const place = proxied(address);
  const owner = place.kind === 'run' ? `run '${place.runId}'` : `model ${place.name}:${place.version}`;
  return { file: await fileOf(call, place), owner };
}

/** Puts a whole file in place, or nothing: written aside first, on disk before the answer. */
export async function putProxiedArtifact(call: Call, body: Readable | undefined): Promise<Record<string, never>> {
  await saveArtifact(writableArtifact(call, call.parameters['*'] ?? ''), body);
  return {};
}

/** Writes a file, whole or not at all. @param body nothing: an empty file */
export async function saveArtifact(file: string, body: AsyncIterable<unknown> | undefined): Promise<void> {
  const draft = `${file}.${newGuid()}.part`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    await pipeline(body ?? Readable.from([]), createWriteStream(draft, { mode: 0o600, flush: true }));
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** What goes out of a file of `size` bytes: all of it, or the bytes from `first` to `last`. */
type Content = { readonly stream: Readable; readonly size: number; readonly first: number; readonly last: number };

/**
 * The content of an artifact.
 * @param range the request's Range header; one that isn't a single range of bytes counts as none (RFC 9110, 14.2)
 * @throws not-found; invalid for a range that begins behind the end
 */
export async function getProxiedArtifact(call: Call, range?: string): Promise<Content> {
  const { file, owner } = await readableArtifact(call, call.parameters['*'] ?? '');
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw notFound(`The ${owner} has no artifact '${call.parameters['*']?.slice(0, 300)}'.`);
  const { size } = found;
  const match = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(range ?? '');
  if (!match) return { stream: createReadStream(file), size, first: 0, last: size - 1 };
  const first = Number(match[1]);
  const last = Math.min(match[2] === '' ? size - 1 : Number(match[2]), size - 1);
  if (first > last)
    throw invalid(`The range '${range}' is not within the ${size} bytes of the artifact.`, { target: 'Range' });
  return { stream: createReadStream(file, { start: first, end: last }), size, first, last };
}

export async function deleteProxiedArtifact(call: Call): Promise<Record<string, never>> {
  const place = writable(call.parameters['*'] ?? '');
  if (place.path === '') throw invalid('Name the artifact to delete.', { target: 'path' });
  await rm(artifactFile(call.deps, call.workspace, place.runId, place.path), { recursive: true, force: true });
  return {};
}

/** `mlflow-artifacts/artifacts?path=…`: names relative to the folder asked for (recorded by the client's source). */
export async function listProxiedArtifacts(call: Call) {
  const place = proxied(text(call.fields, 'path', { fallback: '' }));
  return { files: await listFolder(await fileOf(call, place), '') };
}
