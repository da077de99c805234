import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { DomainError, invalid } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import type { BuiltEnvironment, EnvironmentBuilder, EnvironmentRequest } from '../types.ts';
import { type Containers, createContainers, type ImageWork, PULL_FAILED } from './containers.ts';
import { dockerfileOf } from './context-file.ts';
import { type CuratedImage, curatedImages, curatedNameOf, standInFor } from './curated.ts';
import { outlineDockerfile } from './dockerfile.ts';
import { createEnvironmentCache } from './environment-cache.ts';
import { createGitSource, type GitSource } from './git-source.ts';
import { inOrderOfUse, uvPythons } from './installer.ts';
import { findInterpreters, type Interpreter, minorOf } from './interpreters.ts';
import { createPythonEnvironments } from './python-environments.ts';
import { shareBuilds } from './shared-build.ts';
import type { PythonSpec } from './spec.ts';

export type EnvironmentsDeps = {
  /** Absolute folder of the environments' own: built ones, logs, the installer, its cache. */
  readonly folder: string;
  /** The variables of the machine's user: PATH, pip's and uv's settings, proxies, certificates, `MILLRACE_CONTAINERS`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
  /** What curated names stand for; default is the built-in table. */
  readonly curated?: Readonly<Record<string, CuratedImage>>;
  /** Bytes of environments that are kept, and as much of the packages for later ones; default 20 GiB. */
  readonly limit?: number;
};

const LIMIT = 20 * 1024 ** 3;

/**
 * Makes the builder of environments. Conda files, curated names and lists of packages become Python environments on this machine; an image alone and a
 * Dockerfile are run by podman or docker, and where there is none on the machine's Python, with a warning that says what is left out.
 */
export function createEnvironments(deps: EnvironmentsDeps): EnvironmentBuilder {
  const limit = deps.limit ?? LIMIT;
  const cache = createEnvironmentCache({ ...deps, limit });
  const containers = createContainers({ ...deps, limit });
  const git = createGitSource({ folder: join(deps.folder, 'contexts'), env: deps.env });
  const share = shareBuilds<string>();
  const buildPython = createPythonEnvironments({ ...deps, cache, limit });
  const table = deps.curated ?? curatedImages;
  const interpreters = () => findInterpreters(deps.env, uvPythons(deps.folder));
  return {
    async ensure(request, log, signal, user) {
      if (signal.aborted)
        throw new DomainError('conflict', 'The build of the environment was canceled.', { wire: 'Canceled' });
      const { name } = request;
      const spec = await specOf(request, table);
      if (spec) return buildPython({ name, spec, user, log, signal });
      const standIn = request.curated === undefined ? undefined : standInFor(request.curated, table);
      if (standIn) {
        const image = curatedSpec(standIn.name, table[standIn.name] as CuratedImage);
        const built = await buildPython({ name, spec: image, user, log, signal });
        if (standIn.sameVersion) return built;
        const warning = `The curated environment '${request.curated}' is not in this Millrace's table: '${standIn.name}' stands in for it, with that one's Python and packages. If a script needs others, give it an environment with a conda file.`;
        return { ...built, warnings: [warning, ...built.warnings] };
      }
      if (request.curated !== undefined)
        throw invalid(
          `The curated environment '${request.curated}' is not in this Millrace's table, nor any of its family. It has: ${Object.keys(table).join(', ')}. Use one of them, or an environment with a conda file.`,
          { target: 'environment', wire: 'EnvironmentNotFound' },
        );
      const work = { log, signal };
      const { build } = request;
      const context = build && (await openContext(git, name, build, work));
      const { found, reason } = await inContainer(containers, share, request, context, work, user);
      if (found) return found;
      const onMachine = async (folder?: string) => {
        const local = build && folder !== undefined ? { folder, dockerfile: build.dockerfile } : undefined;
        const outline = await outlineOf(request, local, table);
        const { built, version } = outline.spec
          ? { built: await buildPython({ name, spec: outline.spec, user, log, signal }), version: '' }
          : await hostEnvironment(deps.folder, request, interpreters());
        const warning = `${outline.what}, and ${reason}: the job runs on this machine's own Python${version}${outline.how}.`;
        return { ...built, env: { ...outline.env, ...built.env }, warnings: [warning, ...built.warnings] };
      };
      return context ? context.use(work, onMachine) : onMachine();
    },
    async release(user) {
      await cache.release(user);
      await containers.remove(user);
    },
  };
}

/** What the request asks for as packages of an index; undefined for an image alone, a build context and a curated name that is not in the table. */
async function specOf(
  request: EnvironmentRequest,
  table: Readonly<Record<string, CuratedImage>>,
): Promise<PythonSpec | undefined> {
  if (request.condaFile !== undefined && request.condaFile.trim() !== '') {
    // A server that builds no environment never loads the YAML library.
    const { parseConda } = await import('./conda.ts');
    return parseConda(request.condaFile);
  }
  const reference = request.curated ?? request.image ?? '';
  const known = curatedNameOf(reference, table);
  return known ? curatedSpec(known, table[known] as CuratedImage) : undefined;
}

function curatedSpec(name: string, image: CuratedImage): PythonSpec {
  const notes =
    image.leftOut.length === 0 ? [] : [`'${name}' without what its image has beside: ${image.leftOut.join(', ')}.`];
  return { python: `==${image.python}.*`, requirements: image.requirements, options: [], warnings: [], notes };
}

/** A build context that may have to be fetched first. */
type Context = {
  readonly dockerfile: string;
  /** Names the content where that is known without having it. */
  readonly key?: string;
  /** Hands its folder on while it is there. */
  use<T>(work: ImageWork, then: (folder: string) => Promise<T>): Promise<T>;
};

async function openContext(
  git: GitSource,
  name: string,
  build: NonNullable<EnvironmentRequest['build']>,
  work: ImageWork,
): Promise<Context> {
  const { dockerfile } = build;
  if ('folder' in build) return { dockerfile, use: (_work, then) => then(build.folder) };
  const commit = await git.commitOf(name, build.git, work);
  const key = createHash('sha256')
    .update(JSON.stringify([commit, build.git.folder, dockerfile]))
    .digest('hex');
  return {
    dockerfile,
    key: key.slice(0, 32),
    use: (own, then) => git.fetched(name, build.git, commit, own, then),
  };
}

/** The environment in a container, or why there can be none: no program for it, or a registry that can't be reached. */
async function inContainer(
  containers: Containers,
  share: ReturnType<typeof shareBuilds<string>>,
  { name, image }: EnvironmentRequest,
  context: Context | undefined,
  work: ImageWork,
  user: string,
): Promise<{ found?: BuiltEnvironment; reason?: string }> {
  const answer = await containers.engine();
  if ('reason' in answer) return answer;
  const { engine } = answer;
  const { program } = engine;
  try {
    let tag = image ?? '';
    if (context) {
      const { key, dockerfile } = context;
      const build = (own: ImageWork) =>
        context.use(own, (folder) =>
          containers.build(program, { name, folder, dockerfile, ...(key === undefined ? {} : { key }) }, own),
        );
      tag =
        key === undefined
          ? await build(work)
          : ((await containers.built(program, key)) ??
            // What many jobs ask for at the same time is fetched once.
            (await share(`${program} ${key}`, work.log, work.signal, (log, signal) => build({ log, signal }))));
    } else await containers.pull(program, tag, work);
    await containers.hold(user, program, tag);
    const inside: BuiltEnvironment['inside'] = (process, place) => containers.inside(engine, tag, process, place);
    return { found: { inside, env: {}, warnings: engine.warning === undefined ? [] : [engine.warning] } };
  } catch (error) {
    if (!(error instanceof DomainError) || error.wire !== PULL_FAILED || error.code !== 'unavailable') throw error;
    work.log(error.message);
    return { reason: 'its image could not be fetched' };
  }
}

type Outline = {
  /** Begins the warning. */
  readonly what: string;
  /** Ends it. */
  readonly how: string;
  readonly spec?: PythonSpec;
  readonly env: Readonly<Record<string, string>>;
};

/** What of an image or a Dockerfile the machine's Python can have. */
async function outlineOf(
  { name, image }: EnvironmentRequest,
  build: { readonly folder: string; readonly dockerfile: string } | undefined,
  table: Readonly<Record<string, CuratedImage>>,
): Promise<Outline> {
  if (!build)
    return { what: `The environment '${name}' names the image '${image ?? ''}' and no packages`, how: '', env: {} };
  const text = readFileSync(dockerfileOf(name, build.folder, build.dockerfile), 'utf8');
  const { base, requirements, condaFile, env, leftOut } = outlineDockerfile(text, build.folder);
  const { parseConda } = await import('./conda.ts');
  const conda = condaFile === undefined ? undefined : parseConda(condaFile);
  const known = curatedNameOf(base, table);
  const below = known ? curatedSpec(known, table[known] as CuratedImage) : undefined;
  const python = conda?.python ?? below?.python ?? pythonOf(base);
  const isOption = (line: string) => line.startsWith('-');
  const lines = [...(below?.requirements ?? []), ...(conda?.requirements ?? []), ...requirements];
  const spec: PythonSpec = {
    python,
    requirements: lines.filter((line) => !isOption(line)),
    options: [...(conda?.options ?? []), ...lines.filter(isOption)],
    warnings: [...(conda?.warnings ?? [])],
    notes: [...(below?.notes ?? []), ...(conda?.notes ?? [])],
  };
  const without = leftOut.length === 0 ? '' : `; left out: ${leftOut.slice(0, 20).join(' · ')}`;
  return {
    what: `The environment '${name}' is a Dockerfile on ${base}`,
    how: `, with the packages that its steps install${without}`,
    env,
    ...(spec.requirements.length > 0 || python !== undefined ? { spec } : {}),
  };
}

/** The Python of the public `python` images, by their tag: `python:3.11-slim`. */
function pythonOf(base: string): string | undefined {
  const minor = /(?:^|\/)python:(3\.\d+)(?:[.-]|$)/.exec(base)?.[1];
  return minor && `==${minor}.*`;
}

/** An image without packages of its own: its jobs run on the machine's Python, under the names `python` and `python3`. */
async function hostEnvironment(
  folder: string,
  request: EnvironmentRequest,
  interpreters: readonly Interpreter[],
): Promise<{ built: BuiltEnvironment; version: string }> {
  const host = inOrderOfUse(interpreters)[0];
  if (!host)
    throw invalid(
      `The environment '${request.name}' is an image; without containers its jobs need a Python on this machine, and none was found.`,
    );
  const version = ` ${host.version}`;
  const own = dirname(host.path);
  if (existsSync(join(own, 'python')) && existsSync(join(own, 'python3')))
    return { built: { binFolder: own, env: {}, warnings: [] }, version };
  // Where only `python3` or `python3.11` exists: links, since jobs say `python`.
  const binFolder = join(folder, 'host', minorOf(host.version), 'bin');
  await mkdir(binFolder, { recursive: true, mode: 0o700 });
  for (const name of ['python', 'python3']) await symlink(host.path, join(binFolder, name)).catch(ignoreExisting);
  return { built: { binFolder, env: {}, warnings: [] }, version };
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
