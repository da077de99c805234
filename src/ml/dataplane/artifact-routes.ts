import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid, notFound } from '../../kernel/errors.ts';
import { blobUrl } from '../places.ts';
import { WORKSPACE_PATH } from '../tracking/index.ts';
import { type ArtifactPlace, artifactBlobOf, artifactPlace } from './artifact-place.ts';
import { type DataPlaneDeps, RUN_PATHS } from './deps.ts';

const SAS_LIFETIME = 60 * 60 * 1000;
/** Clients send 50 at a time by default (client source). */
const BATCH_LIMIT = 1000;
const LIST_LIMIT = 100_000;

/** Artifacts of runs, of uploads and of models: the clients get addresses on the blob host and move the bytes there themselves. */
export function registerArtifacts(service: FastifyInstance, deps: DataPlaneDeps): void {
  const fileOf = (place: ArtifactPlace, path: string) =>
    deps.blobs.pathOf(place.account, place.container, artifactBlobOf(place, path));
  const signed = async (place: ArtifactPlace, path: string, permissions: string) => {
    const blob = artifactBlobOf(place, path);
    const { account, container } = place;
    const expiry = new Date(deps.clock.now().getTime() + SAS_LIFETIME);
    const sas = await deps.blobs.signContainerSas({ account, container, permissions, expiry });
    return `${blobUrl(account, container, blob.split('/').map(encodeURIComponent).join('/'))}?${sas}`;
  };
  const content = async (place: ArtifactPlace, path: string, permissions: string) => ({
    contentUri: await signed(place, path, permissions),
    origin: place.origin,
    container: place.name,
    path,
    tags: {},
  });
  const mustExist = async (place: ArtifactPlace, path: string) => {
    const found = await stat(fileOf(place, path)).catch(() => undefined);
    if (!found?.isFile())
      throw notFound(`Artifact '${path}' of ${place.what} was not found.`, {
        wire: 'ArtifactNotFound',
        target: 'path',
      });
  };
  const metadata = async (place: ArtifactPlace, path: string) => ({
    artifactId: `${place.origin}/${place.name}/${path}`,
    origin: place.origin,
    container: place.name,
    path,
    etag: null,
    createdTime:
      (await stat(fileOf(place, path)).catch(() => undefined))?.mtime.toISOString() ?? deps.clock.now().toISOString(),
    dataPath: { dataStoreName: place.datastore, relativePath: artifactBlobOf(place, path) },
    tags: {},
  });

  /** One page: a run has few enough files, and the limit is said instead of hidden. */
  const listed = async <T>(
    request: FastifyRequest,
    asked: string,
    map: (place: ArtifactPlace, path: string) => Promise<T>,
  ) => {
    const { place } = await artifactPlace(deps, request);
    const prefix = asked === '' ? (place.only ?? '') : asked;
    const paths = await filesBelow(fileOf(place, prefix), prefix.replace(/\/+$/, ''), place.what);
    const value: T[] = [];
    for (const path of paths) value.push(await map(place, path));
    return { value, continuationToken: null, nextLink: null };
  };
  const asked = (request: FastifyRequest) => String((request.query as Record<string, unknown>).path ?? '');
  /** One artifact that is there. */
  const one = async <T>(request: FastifyRequest, map: (place: ArtifactPlace, path: string) => Promise<T>) => {
    const { place } = await artifactPlace(deps, request);
    await mustExist(place, asked(request));
    return map(place, asked(request));
  };

  const bases = [
    ...RUN_PATHS.map((path) => `/history/v1.0${WORKSPACE_PATH}${path}/artifacts`),
    `/artifact/v2.0${WORKSPACE_PATH}/artifacts/:origin/:container`,
  ];
  for (const base of bases) {
    service.post(`${base}/batch/metadata`, async (request) => {
      const { place } = await artifactPlace(deps, request);
      if (place.only !== undefined)
        throw invalid(`The files of ${place.what} can't be changed. Register another version.`, { target: 'origin' });
      const answer = {
        artifacts: {} as Record<string, unknown>,
        artifactContentInformation: {} as Record<string, unknown>,
        errors: {},
      };
      for (const path of pathsOf(request.body)) {
        answer.artifacts[path] = await metadata(place, path);
        answer.artifactContentInformation[path] = await content(place, path, 'rcw');
      }
      return answer;
    });
    service.get(base, (request) => listed(request, '', metadata));
    service.get(`${base}/path`, (request) => listed(request, asked(request), metadata));
    service.get(`${base}/prefix/contentinfo`, (request) =>
      listed(request, asked(request), (place, path) => content(place, path, 'r')),
    );
    service.get(`${base}/contentinfo`, (request) => one(request, (place, path) => content(place, path, 'r')));
    service.get(`${base}/artifacturi`, (request) => one(request, (place, path) => signed(place, path, 'r')));
    service.get(`${base}/metadata`, (request) => one(request, metadata));
  }
}

function pathsOf(body: unknown): string[] {
  const paths = (body as { paths?: unknown } | undefined)?.paths;
  if (!Array.isArray(paths) || paths.length > BATCH_LIMIT)
    throw invalid(`The body's 'paths' is a list of at most ${BATCH_LIMIT} entries.`, { target: 'paths' });
  return paths.map((entry: { path?: unknown } | null) => {
    if (typeof entry?.path !== 'string' || entry.path === '')
      throw invalid("Each entry of 'paths' has a 'path'.", { target: 'paths' });
    return entry.path;
  });
}

async function filesBelow(folder: string, prefix: string, what: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
      throw error;
    },
  );
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.part'));
  if (files.length > LIST_LIMIT)
    throw invalid(`${what} has more than ${LIST_LIMIT} artifacts. Ask for a folder of them.`);
  const root = join(folder, '/');
  return files
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .map((path) => (prefix === '' ? path : `${prefix}/${path}`))
    .sort();
}
