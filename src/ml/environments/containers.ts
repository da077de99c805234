import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { LaunchProcess } from '../../drivers/driver.ts';
import type { Clock } from '../../kernel/clock.ts';
import { invalid, unavailable } from '../../kernel/errors.ts';
import type { ContainerPlace } from '../types.ts';
import { NETWORK } from './build.ts';
import { type ContainerEngine, enginePrograms, gpuSupport, onPath, readEngine } from './container-engine.ts';
import { containerProcess } from './container-process.ts';
import { dockerfileOf } from './context-file.ts';
import { readDockerArguments } from './docker-arguments.ts';
import { createImageCache, IMAGE_NAME } from './image-cache.ts';
import { runTool, type ToolResult } from './run-tool.ts';
import { shareBuilds } from './shared-build.ts';

export type ContainersDeps = {
  /** Absolute; keeps there which runs have containers, and which images were built. */
  readonly folder: string;
  /** Bytes of built images that are kept. */
  readonly limit: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
};

export type EngineOrReason = { readonly engine: ContainerEngine } | { readonly reason: string };

export type ImageWork = { readonly log: (line: string) => void; readonly signal: AbortSignal };

/** Images and containers by the machine's podman or docker. */
export type Containers = {
  /** What works on this machine, or why nothing does. */
  engine(): Promise<EngineOrReason>;
  /** Makes sure that an image is there. @throws unavailable when its registry can't be reached, invalid when it has no such image */
  pull(tool: string, image: string, work: ImageWork): Promise<void>;
  /** The tag of the image that a context was built to; undefined when it is not here. @param key what names its content */
  built(tool: string, key: string): Promise<string | undefined>;
  /**
   * Builds an image from a context, once for its content.
   * @param request `key` names the content where that is known without reading it
   * @returns its tag
   * @throws invalid when a step fails; nothing is tagged then
   */
  build(
    tool: string,
    request: { readonly name: string; readonly folder: string; readonly dockerfile: string; readonly key?: string },
    work: ImageWork,
  ): Promise<string>;
  /** Keeps an image for a run, until `remove`. */
  hold(user: string, tool: string, image: string): Promise<void>;
  /** The same process inside a container of an image. @throws invalid for `docker_args` that are not handed on */
  inside(engine: ContainerEngine, image: string, process: LaunchProcess, place: ContainerPlace): LaunchProcess;
  /** Removes the containers of a run, whatever they do, and lets go of its image. */
  remove(user: string): Promise<void>;
};

/** Wire code of what could not be had from a registry. */
export const PULL_FAILED = 'ImagePullFailed';
/** How long an image whose registry did not answer is not asked for again, in milliseconds. */
const UNREACHABLE_MS = 10 * 60_000;
/** How long a program that did not answer is not asked again, in milliseconds. */
const ASK_AGAIN = 60_000;
const ANSWER_MS = 15_000;
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];
/** What may be an image, and is no option of the program. */
const REFERENCE = /^[a-z0-9][\w.:@/+-]*$/i;
/** Words of clients without their service. */
const GONE = /cannot connect to the docker daemon|error during connect|cannot connect to podman/i;

export function createContainers(deps: ContainersDeps): Containers {
  const { env } = deps;
  const policy = env['MILLRACE_DOCKER_ARGS']?.trim() === 'any' ? 'any' : 'inside';
  // By name alone, because a proxy's address may hold a password. Both engines know these and keep them out of the image.
  const proxies = PROXIES.filter((name) => env[name]).flatMap((name) => ['--build-arg', name]);
  const cache = createImageCache(deps.folder, deps.clock);
  const share = shareBuilds<string>();
  const unreachable = new Map<string, { readonly message: string; readonly until: number }>();
  let known: { found: EngineOrReason; until: number } | undefined;
  const run = (command: readonly string[], work: ImageWork) => runTool({ command, env, cwd: deps.folder, ...work });
  const quiet = (command: readonly string[], signal = AbortSignal.timeout(ANSWER_MS)) =>
    run(command, { log: () => {}, signal }).then(
      (result) => result,
      () => undefined,
    );
  const has = async (tool: string, image: string) =>
    (await quiet([tool, 'image', 'inspect', '--format', '{{.Id}}', image]))?.exitCode === 0;
  const built = async (tool: string, key: string) => {
    const tag = `${IMAGE_NAME}:${key}`;
    if (!(await has(tool, tag))) return undefined;
    await cache.used(tag);
    return tag;
  };
  const findGpus = async () => {
    const lister = onPath(env, 'nvidia-smi');
    const listed = lister === undefined ? undefined : await quiet([lister, '-L']);
    return gpuSupport(env, listed?.exitCode === 0 ? listed.stdout.join('\n') : undefined);
  };
  const findEngine = async (): Promise<EngineOrReason> => {
    const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    const { programs, reason } = enginePrograms(env);
    const said: string[] = [];
    for (const program of programs) {
      const info = await quiet([program, 'info', '--format', '{{json .}}']);
      const engine =
        info?.exitCode === 0 ? readEngine(program, info.stdout.join('\n'), owner, await findGpus()) : undefined;
      if (engine) return { engine };
      // A client whose service does not run is no engine.
      const why = info?.lastLines.findLast((line) => line.trim() !== '' && !line.startsWith('{'));
      said.push(`${program} does not work here (${why?.trim().slice(0, 300) ?? 'it does not answer'})`);
    }
    return { reason: said.length === 0 ? reason : said.join(', ') };
  };
  /** An engine that answered once may be gone. @throws unavailable then */
  const checkThere = ({ lastLines }: ToolResult) => {
    const line = lastLines.find((one) => GONE.test(one));
    if (line === undefined) return;
    known = undefined;
    throw unavailable(line, { wire: PULL_FAILED });
  };

  return {
    async engine() {
      const now = deps.clock.now().getTime();
      if (known && ('engine' in known.found || known.until > now)) return known.found;
      mkdirSync(deps.folder, { recursive: true, mode: 0o700 });
      const found = await findEngine();
      known = { found, until: now + ASK_AGAIN };
      return found;
    },
    async pull(tool, image, work) {
      if (!REFERENCE.test(image))
        throw invalid(`'${image.slice(0, 200)}' is not the name of an image. Write it as 'registry/name:tag'.`, {
          wire: PULL_FAILED,
          target: 'image',
        });
      if (await has(tool, image)) return;
      const away = unreachable.get(image);
      if (away && away.until > deps.clock.now().getTime()) throw unavailable(away.message, { wire: PULL_FAILED });
      await share(`pull ${image}`, work.log, work.signal, async (log, signal) => {
        log(`fetching the image ${image}`);
        const result = await run([tool, 'pull', image], { log, signal });
        if (result.exitCode === 0) return image;
        checkThere(result);
        const lines = result.lastLines.filter((line) => line.trim() !== '').slice(-6);
        const message = `The image '${image}' could not be fetched:\n${lines.map((line) => `  ${line}`).join('\n')}`;
        if (lines.some((line) => NETWORK.test(line))) {
          unreachable.set(image, { message, until: deps.clock.now().getTime() + UNREACHABLE_MS });
          throw unavailable(message, { wire: PULL_FAILED });
        }
        throw invalid(`${message}\nCheck its name, and that '${tool} pull ${image}' works.`, { wire: PULL_FAILED });
      });
    },
    built,
    async build(tool, { name, folder, dockerfile, key }, work) {
      const file = dockerfileOf(name, folder, dockerfile);
      const hash = key ?? (await contextHash(folder, dockerfile));
      const known = await built(tool, hash);
      if (known !== undefined) return known;
      const tag = `${IMAGE_NAME}:${hash}`;
      return share(`build ${tag}`, work.log, work.signal, async (log, signal) => {
        log(`${deps.clock.now().toISOString()} building the image of the environment '${name}'`);
        const result = await run(
          [tool, 'build', '--force-rm', '--network', 'host', ...proxies, '--tag', tag, '--file', file, folder],
          {
            log,
            signal,
          },
        );
        if (result.exitCode === 0) {
          const size = await quiet([tool, 'image', 'inspect', '--format', '{{.Size}}', tag]);
          await cache.used(tag, Number(size?.stdout[0]) || 0);
          return tag;
        }
        checkThere(result);
        const lines = result.lastLines.filter((line) => line.trim() !== '').slice(-12);
        if (lines.some((line) => NETWORK.test(line)))
          throw unavailable(
            `The image of the environment '${name}' could not be built: ${lines.find((line) => NETWORK.test(line))}`,
            { wire: PULL_FAILED },
          );
        const isFull = lines.some((line) => /no space left on device/i.test(line));
        const next = isFull
          ? 'The disk is full: free some space, then submit the job again.'
          : 'Correct the step that failed, and make a new version of the environment.';
        throw invalid(
          `The image of the environment '${name}' could not be built: '${tool} build' ended with exit code ${result.exitCode}.\n${lines.map((line) => `  ${line}`).join('\n')}\n${next}`,
          { wire: isFull ? 'DiskFull' : 'EnvironmentBuildFailed', target: 'environment' },
        );
      });
    },
    inside(engine, image, process, place) {
      const options = place.dockerArguments === undefined ? [] : readDockerArguments(place.dockerArguments, policy);
      return containerProcess(engine, image, process, place, definedOf(env), options);
    },
    async hold(user, tool, image) {
      await cache.hold(user, { tool, image });
      // After a build, while the job goes on; an image that some container still has does not go.
      void cache
        .evict(deps.limit, async (tag) => (await quiet([tool, 'image', 'rm', tag]))?.exitCode === 0)
        .catch(() => {});
    },
    async remove(user) {
      const held = await cache.held(user);
      if (!held) return;
      const left = await quiet([held.tool, 'ps', '--all', '--quiet', '--filter', `label=millrace.run=${user}`]);
      const ids = left?.stdout.filter((line) => /^[0-9a-f]{6,64}$/.test(line)) ?? [];
      if (ids.length > 0) {
        // They had their time to end: podman's `rm` alone would give each ten seconds more.
        await quiet([held.tool, 'kill', ...ids]);
        await quiet([held.tool, 'rm', '--force', ...ids]);
      }
      await cache.letGo(user);
    },
  };
}

function definedOf(env: ContainersDeps['env']): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** By which the image of a context is found again: its files, their bytes and whether they are programs, its links, and which file is the Dockerfile. */
async function contextHash(folder: string, dockerfile: string): Promise<string> {
  const hash = createHash('sha256').update(`${dockerfile}\n`);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => ({ path: relative(folder, join(entry.parentPath, entry.name)), isLink: entry.isSymbolicLink() }))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
  for (const { path, isLink } of files) {
    const whole = join(folder, path);
    if (isLink) {
      hash.update(`${path}\n-> ${await readlink(whole)}\n`);
      continue;
    }
    const content = await readFile(whole);
    // Uploaded files are none: their images of older versions of Millrace are found as before.
    const isProgram = ((await stat(whole)).mode & 0o111) !== 0;
    hash.update(`${path}\n${isProgram ? 'x' : ''}${content.length}\n`).update(content);
  }
  return hash.digest('hex').slice(0, 32);
}
