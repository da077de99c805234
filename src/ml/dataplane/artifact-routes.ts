import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid, notFound } from '../../kernel/errors.ts';
import { artifactPrefix, blobUrl } from '../places.ts';
import { artifactBlob, artifactFile, WORKSPACE_PATH, workspaceOf } from '../tracking/index.ts';
import type { Workspace } from '../types.ts';
import { type DataPlaneDeps, parameter, RUN_PATHS } from './deps.ts';

const SAS_LIFETIME = 60 * 60 * 1000;
/** Clients send 50 at a time by default (client source). */
const BATCH_LIMIT = 1000;
const LIST_LIMIT = 100_000;
const ORIGIN = 'ExperimentRun';

/** Artifacts of runs: the clients get addresses on the blob host and move the bytes there themselves. */
export function registerArtifacts(service: FastifyInstance, deps: DataPlaneDeps): void {
  const signed = async (workspace: Workspace, runId: string, path: string, permissions: string) => {
    artifactFile(deps, workspace, runId, path);
    const { account, container, blob } = artifactBlob(workspace, runId, path);
    const expiry = new Date(deps.clock.now().getTime() + SAS_LIFETIME);
    const sas = await deps.blobs.signContainerSas({ account, container, permissions, expiry });
    return `${blobUrl(account, container, blob.split('/').map(encodeURIComponent).join('/'))}?${sas}`;
  };
  const content = async (workspace: Workspace, runId: string, path: string, permissions: string) => ({
    contentUri: await signed(workspace, runId, path, permissions),
    origin: ORIGIN,
    container: `dcid.${runId}`,
    path,
    tags: {},
  });
  const mustExist = async (workspace: Workspace, runId: string, path: string) => {
    const found = await stat(artifactFile(deps, workspace, runId, path)).catch(() => undefined);
    if (!found?.isFile())
      throw notFound(`Artifact '${path}' of run ${runId} was not found.`, { wire: 'ArtifactNotFound', target: 'path' });
    return found;
  };
  const metadata = async (workspace: Workspace, runId: string, path: string) => ({
    artifactId: `${artifactPrefix(runId)}/${path}`,
    origin: ORIGIN,
    container: `dcid.${runId}`,
    path,
    etag: null,
    createdTime:
      (await stat(artifactFile(deps, workspace, runId, path)).catch(() => undefined))?.mtime.toISOString() ??
      deps.clock.now().toISOString(),
    dataPath: { dataStoreName: 'workspaceartifactstore', relativePath: `${artifactPrefix(runId)}/${path}` },
    tags: {},
  });

  /** One page: a run has few enough files, and the limit is said instead of hidden. */
  const listed = async <T>(
    request: FastifyRequest,
    prefix: string,
    map: (workspace: Workspace, runId: string, path: string) => Promise<T>,
  ) => {
    const workspace = await workspaceOf(deps.workspaces, request);
    const runId = runIdOf(request);
    const paths = await filesBelow(artifactFile(deps, workspace, runId, prefix), prefix.replace(/\/+$/, ''));
    const value: T[] = [];
    for (const path of paths) value.push(await map(workspace, runId, path));
    return { value, continuationToken: null, nextLink: null };
  };
  const asked = (request: FastifyRequest) => String((request.query as Record<string, unknown>).path ?? '');

  const bases = [
    ...RUN_PATHS.map((path) => `/history/v1.0${WORKSPACE_PATH}${path}/artifacts`),
    `/artifact/v2.0${WORKSPACE_PATH}/artifacts/ExperimentRun/:container`,
  ];
  for (const base of bases) {
    service.post(`${base}/batch/metadata`, async (request) => {
      const workspace = await workspaceOf(deps.workspaces, request);
      const runId = runIdOf(request);
      const answer = {
        artifacts: {} as Record<string, unknown>,
        artifactContentInformation: {} as Record<string, unknown>,
        errors: {},
      };
      for (const path of pathsOf(request.body)) {
        answer.artifacts[path] = await metadata(workspace, runId, path);
        answer.artifactContentInformation[path] = await content(workspace, runId, path, 'rcw');
      }
      return answer;
    });
    service.get(base, (request) => listed(request, '', metadata));
    service.get(`${base}/path`, (request) => listed(request, asked(request), metadata));
    service.get(`${base}/prefix/contentinfo`, (request) =>
      listed(request, asked(request), (workspace, runId, path) => content(workspace, runId, path, 'r')),
    );
    service.get(`${base}/contentinfo`, async (request) => {
      const workspace = await workspaceOf(deps.workspaces, request);
      await mustExist(workspace, runIdOf(request), asked(request));
      return content(workspace, runIdOf(request), asked(request), 'r');
    });
    service.get(`${base}/artifacturi`, async (request) => {
      const workspace = await workspaceOf(deps.workspaces, request);
      await mustExist(workspace, runIdOf(request), asked(request));
      return signed(workspace, runIdOf(request), asked(request), 'r');
    });
    service.get(`${base}/metadata`, async (request) => {
      const workspace = await workspaceOf(deps.workspaces, request);
      await mustExist(workspace, runIdOf(request), asked(request));
      return metadata(workspace, runIdOf(request), asked(request));
    });
  }
}

/** The run of the path, or of a container's name `dcid.{run}`. */
function runIdOf(request: FastifyRequest): string {
  return parameter(request, 'runId') || parameter(request, 'container').replace(/^dcid\./, '');
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

async function filesBelow(folder: string, prefix: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
      throw error;
    },
  );
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.part'));
  if (files.length > LIST_LIMIT)
    throw invalid(`The run has more than ${LIST_LIMIT} artifacts. Ask for a folder of them.`);
  const root = join(folder, '/');
  return files
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .map((path) => (prefix === '' ? path : `${prefix}/${path}`))
    .sort();
}
