import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, mkdir, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { JobRequest } from '../contracts/agent.ts';
import type { TaskServer } from '../contracts/task.ts';
import { insideRoot } from '../kernel/paths.ts';
import type { CommandServer } from './commands/command.ts';
import { type Connection, ServerRefusal } from './connection.ts';
import type { Masker } from './masking.ts';
import { selectedBy } from './patterns.ts';
import type { PlanClient } from './plan-client.ts';
import { readSendableFile } from './sendable-file.ts';
import type { Variables } from './variables.ts';

/** Characters that an artifact's name may not hold (documented). */
const forbiddenInName = /[\u0000-\u001f\\/":<>|*?]/;
const filesAtOnce = 6;
/** More files than anyone publishes on purpose: a job that publishes its whole machine is stopped. */
const mostFiles = 100_000;

export type TaskServerParts = {
  readonly connection: Connection;
  readonly client: PlanClient;
  readonly job: JobRequest;
  readonly jobToken: string | undefined;
  readonly variables: Variables;
  readonly masker: Masker;
  readonly signal: AbortSignal;
};

/** Makes what tasks and logging commands reach of the server: artifacts, the run's number and tags, tokens. */
export function createTaskServer(parts: TaskServerParts): TaskServer & CommandServer {
  const { connection, job, variables, masker, signal } = parts;
  const bearer = { ...(parts.jobToken ? { token: parts.jobToken } : {}), signal };
  const project = `/${job.plan.scopeIdentifier}`;
  const currentRun = () => Number(variables.get('build.buildId'));
  const runOf = (runId?: number) => runId ?? currentRun();
  const artifactPath = (runId: number, name: string, path: string) =>
    `${project}/_apis/millrace/artifacts/${runId}/${[name, ...path.split('/')]
      .filter((part) => part !== '')
      .map(encodeURIComponent)
      .join('/')}`;
  const build = (runId: number) => `${project}/_apis/build/builds/${runId}`;

  const checkName = (name: string) => {
    if (name.trim() === '' || name.length > 200 || forbiddenInName.test(name) || name === '.' || name === '..') {
      throw new Error(
        `The artifact name '${name.slice(0, 200)}' is not usable: it has 1 to 200 characters, none of \\ / " : < > | * ? and no control characters.`,
      );
    }
    if (masker.finds(name)) throw new Error('The artifact name holds a secret. Choose another name.');
  };
  const record = async (name: string, resource: { type: string; data: string; properties: object }) => {
    await connection.send({
      method: 'POST',
      path: `${build(currentRun())}/artifacts?api-version=7.1`,
      json: { name, source: job.jobId, resource },
      ...bearer,
    });
  };
  const upload = async (name: string, folder: string, path: string) => {
    checkName(name);
    const files = await filesBelow(path);
    let bytes = 0;
    await eachAtOnce(files, filesAtOnce, async (file) => {
      const { size } = await stat(file.full);
      bytes += size;
      await connection.send({
        method: 'PUT',
        path: artifactPath(currentRun(), name, folder === '' ? file.path : `${folder}/${file.path}`),
        stream: {
          bytes: size,
          open: () => (size === 0 ? createReadStream('/dev/null') : createReadStream(file.full, { end: size - 1 })),
        },
        timeoutMs: 10 * 60_000,
        ...bearer,
      });
    });
    return { files: files.length, bytes };
  };

  return {
    async publishArtifact(name, path, properties = {}) {
      const sent = await upload(name, '', path);
      await record(name, {
        type: 'PipelineArtifact',
        data: name,
        properties: { ...properties, artifactsize: String(sent.bytes) },
      });
      return sent;
    },
    async listArtifacts(runId) {
      const { text } = await connection.send({
        method: 'GET',
        path: `${build(runOf(runId))}/artifacts?api-version=7.1`,
        ...bearer,
      });
      return (JSON.parse(text) as { value: { name: string }[] }).value.map(({ name }) => ({ name }));
    },
    async downloadArtifact(name, folder, patterns, runId) {
      checkName(name);
      const { text } = await connection.send({ method: 'GET', path: artifactPath(runOf(runId), name, ''), ...bearer });
      const all = (JSON.parse(text) as { value: { path: string; size?: number }[] }).value;
      const wanted = all.filter((file) => selectedBy(file.path, patterns.length === 0 ? ['**'] : patterns));
      let bytes = 0;
      await eachAtOnce(wanted, filesAtOnce, async (file) => {
        const target = insideRoot(folder, file.path);
        await mkdir(dirname(target), { recursive: true });
        await connection.send({
          method: 'GET',
          path: artifactPath(runOf(runId), name, file.path),
          sink: () => createWriteStream(target),
          timeoutMs: 10 * 60_000,
          ...bearer,
        });
        bytes += (await stat(target)).size;
      });
      return { files: wanted.length, bytes };
    },
    oidcToken: async (endpointId) => {
      const token = await parts.client.oidcToken(endpointId);
      masker.add(token);
      return token;
    },
    async uploadArtifact(name, folder, path) {
      // A path of a command is relative to where the step's scripts run by default.
      const full = join(path.startsWith('/') ? '/' : (variables.get('System.DefaultWorkingDirectory') ?? '/'), path);
      const sent = await upload(name, folder === name ? '' : folder, full);
      await record(name, {
        type: 'Container',
        data: `#/${variables.get('build.containerId') ?? currentRun()}/${folder}`,
        properties: { localpath: full, artifactsize: String(sent.bytes) },
      });
    },
    async associateArtifact(name, type, location, properties) {
      checkName(name);
      const shown = Object.entries(properties).map(([key, value]) => [key, masker.mask(value)]);
      await record(name, { type, data: masker.mask(location), properties: Object.fromEntries(shown) });
    },
    async uploadLog(file) {
      const text = masker.mask(readSendableFile(file).toString('utf8'));
      const [id] = await parts.client.createLogs([{ name: basename(file), lines: [] }]);
      await parts.client.appendLog(id as number, text.replace(/\n$/, '').split('\n'), 0);
    },
    async updateBuildNumber(number) {
      await connection
        .send({
          method: 'PATCH',
          path: `${build(currentRun())}?api-version=7.1`,
          json: { buildNumber: masker.mask(number) },
          ...bearer,
        })
        .catch((error: unknown) => {
          // Of the number itself the service speaks to the pipeline's author, who knows no routes.
          throw error instanceof ServerRefusal && error.status === 400 ? new Error(error.said) : error;
        });
    },
    async addBuildTag(tag) {
      await connection.send({
        method: 'PUT',
        path: `${build(currentRun())}/tags/${encodeURIComponent(masker.mask(tag))}?api-version=7.1`,
        json: {},
        ...bearer,
      });
    },
  };
}

/** The files below a path with their places in the artifact; a file is its own artifact's root. Links are followed inside the folder's tree. */
async function filesBelow(path: string): Promise<{ full: string; path: string }[]> {
  const info = await stat(path).catch(() => undefined);
  if (!info)
    throw new Error(`The path '${path}' does not exist, so there is nothing to publish. Check the step that makes it.`);
  if (info.isFile()) return [{ full: path, path: basename(path) }];
  const found: { full: string; path: string }[] = [];
  const walk = async (folder: string) => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const full = join(folder, entry.name);
      if (entry.isDirectory()) await walk(full);
      else if (entry.isFile() || (entry.isSymbolicLink() && (await isFileBehind(full)))) {
        found.push({ full, path: relative(path, full).split(sep).join('/') });
      }
      if (found.length > mostFiles)
        throw new Error(`'${path}' holds more than ${mostFiles} files. Publish a smaller folder or an archive.`);
    }
  };
  await walk(path);
  return found;
}

async function isFileBehind(link: string): Promise<boolean> {
  const info = await stat(link).catch(() => lstat(link));
  return info.isFile();
}

async function eachAtOnce<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) await work(items[next++] as T);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
}
