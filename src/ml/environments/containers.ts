import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { delimiter, join, relative } from 'node:path';
import type { LaunchProcess } from '../../drivers/driver.ts';
import type { Clock } from '../../kernel/clock.ts';
import { invalid, unavailable } from '../../kernel/errors.ts';
import { insideRoot } from '../../kernel/paths.ts';
import type { ContainerPlace } from '../types.ts';
import { NETWORK } from './build.ts';
import { createImageCache, IMAGE_NAME } from './image-cache.ts';
import { runTool } from './run-tool.ts';
import { shareBuilds } from './shared-build.ts';

export type ContainersDeps = {
  /** Absolute; keeps there which runs have containers, and which images were built. */
  readonly folder: string;
  /** Bytes of built images that are kept. */
  readonly limit: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
};

export type ImageWork = { readonly log: (line: string) => void; readonly signal: AbortSignal };

/** Images and containers by the machine's podman or docker. */
export type Containers = {
  /** The program that works on this machine; undefined where there is none, or `MILLRACE_CONTAINERS` is `off`. */
  tool(): Promise<string | undefined>;
  /** Makes sure that an image is there. @throws unavailable when its registry can't be reached, invalid when it has no such image */
  pull(tool: string, image: string, work: ImageWork): Promise<void>;
  /** Builds an image from a context, once for its content. @returns its tag @throws invalid when a step fails; nothing is tagged then */
  build(
    tool: string,
    request: { readonly name: string; readonly folder: string; readonly dockerfile: string },
    work: ImageWork,
  ): Promise<string>;
  /** Keeps an image for a run, until `remove`. */
  hold(user: string, tool: string, image: string): Promise<void>;
  /** The same process inside a container of an image. */
  inside(tool: string, image: string, process: LaunchProcess, place: ContainerPlace): LaunchProcess;
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

/**
 * Ends the command when the container is asked to end: the first process of a container is asked in vain unless it listens. The command's own exit code
 * is the container's.
 */
const FIRST_PROCESS = `trap 'asked=1; kill -TERM "$child" 2>/dev/null' TERM INT
bash -c "$1" & child=$!
[ -z "$asked" ] || kill -TERM "$child" 2>/dev/null
while :; do wait "$child"; kill -0 "$child" 2>/dev/null || break; done
wait "$child"
exit $?`;

/** Variables that say where things are on the machine, not in an image. */
const NOT_INSIDE = /^(?:PATH|HOME|VIRTUAL_ENV|PYTHONHOME|PYTHONPATH|LD_LIBRARY_PATH|TMPDIR|SHELL|USER|LOGNAME|PWD)$/;

export function createContainers(deps: ContainersDeps): Containers {
  const { env } = deps;
  const cache = createImageCache(deps.folder, deps.clock);
  const share = shareBuilds<string>();
  const unreachable = new Map<string, { readonly message: string; readonly until: number }>();
  let known: { tool: string | undefined; until: number } | undefined;
  const run = (command: readonly string[], work: ImageWork) => runTool({ command, env, cwd: deps.folder, ...work });
  const quiet = (command: readonly string[], signal = AbortSignal.timeout(ANSWER_MS)) =>
    run(command, { log: () => {}, signal }).then(
      (result) => result,
      () => undefined,
    );
  const has = async (tool: string, image: string) =>
    (await quiet([tool, 'image', 'inspect', '--format', '{{.Id}}', image]))?.exitCode === 0;

  return {
    async tool() {
      const now = deps.clock.now().getTime();
      if (known && (known.tool !== undefined || known.until > now)) return known.tool;
      mkdirSync(deps.folder, { recursive: true, mode: 0o700 });
      let found: string | undefined;
      for (const program of programs(env)) {
        // A client whose service does not run is no container tool.
        if ((await quiet([program, 'info']))?.exitCode !== 0) continue;
        found = program;
        break;
      }
      known = { tool: found, until: now + ASK_AGAIN };
      return found;
    },
    async pull(tool, image, work) {
      if (await has(tool, image)) return;
      const away = unreachable.get(image);
      if (away && away.until > deps.clock.now().getTime()) throw unavailable(away.message, { wire: PULL_FAILED });
      await share(`pull ${image}`, work.log, work.signal, async (log, signal) => {
        log(`fetching the image ${image}`);
        const result = await run([tool, 'pull', image], { log, signal });
        if (result.exitCode === 0) return image;
        const lines = result.lastLines.filter((line) => line.trim() !== '').slice(-6);
        const message = `The image '${image}' could not be fetched:\n${lines.map((line) => `  ${line}`).join('\n')}`;
        if (lines.some((line) => NETWORK.test(line))) {
          unreachable.set(image, { message, until: deps.clock.now().getTime() + UNREACHABLE_MS });
          throw unavailable(message, { wire: PULL_FAILED });
        }
        throw invalid(`${message}\nCheck its name, and that '${tool} pull ${image}' works.`, { wire: PULL_FAILED });
      });
    },
    async build(tool, { name, folder, dockerfile }, work) {
      const file = insideRoot(folder, dockerfile);
      if (!existsSync(file))
        throw invalid(`The build context of the environment '${name}' has no file '${dockerfile}'.`, {
          wire: 'EnvironmentBuildFailed',
          target: 'environment',
        });
      const tag = `${IMAGE_NAME}:${await contextHash(folder, dockerfile)}`;
      if (await has(tool, tag)) {
        await cache.used(tag);
        return tag;
      }
      return share(`build ${tag}`, work.log, work.signal, async (log, signal) => {
        log(`${deps.clock.now().toISOString()} building the image of the environment '${name}'`);
        const result = await run(
          [tool, 'build', '--force-rm', '--network', 'host', '--tag', tag, '--file', file, folder],
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
    inside(tool, image, { command, cwd, env: variables, logFile }, place) {
      const isRoot = process.getuid?.() === 0;
      const isPodman = /podman[^/]*$/.test(tool);
      const owner = isRoot
        ? []
        : isPodman
          ? ['--userns', 'keep-id']
          : ['--user', `${process.getuid?.()}:${process.getgid?.()}`];
      const passed: Record<string, string> = {};
      for (const [name, value] of Object.entries(variables)) if (!NOT_INSIDE.test(name)) passed[name] = value;
      // Certificates that variables name lie outside of the run's folders.
      const isMounted = (path: string) => place.folders.some((folder) => path.startsWith(`${folder}/`));
      const files = [...new Set(Object.values(passed))].filter(
        (value) => value.startsWith('/') && !isMounted(value) && isFile(value),
      );
      return {
        command: [
          tool,
          'run',
          '--rm',
          '--name',
          `millrace-${place.user}-${place.index}`,
          '--label',
          `millrace.run=${place.user}`,
          '--network',
          'host',
          '--shm-size',
          place.shmSize,
          ...(isPodman ? ['--security-opt', 'label=disable'] : []),
          ...owner,
          ...place.folders.flatMap((path) => ['--mount', `type=bind,source=${path},destination=${path}`]),
          ...place.mounts.flatMap(({ source, target }) => [
            '--mount',
            `type=bind,source=${source},destination=${target},readonly`,
          ]),
          ...files.flatMap((path) => ['--mount', `type=bind,source=${path},destination=${path},readonly`]),
          ...Object.keys(passed).flatMap((name) => ['--env', name]),
          '--env',
          `HOME=${place.home}`,
          '--workdir',
          cwd,
          '--entrypoint',
          'bash',
          image,
          '-c',
          FIRST_PROCESS,
          'bash',
          command.at(-1) as string,
        ],
        cwd,
        // The program itself needs the machine's; what is named above it hands on.
        env: { ...definedOf(env), ...passed },
        logFile,
      };
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
      if (ids.length > 0) await quiet([held.tool, 'rm', '--force', ...ids]);
      await cache.letGo(user);
    },
  };
}

/** The programs to try, by their paths. */
function programs(env: ContainersDeps['env']): string[] {
  const wanted = env['MILLRACE_CONTAINERS']?.trim() ?? 'auto';
  if (wanted === 'off') return [];
  if (wanted.startsWith('/')) return [wanted];
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  return (wanted === 'auto' || wanted === '' ? ['podman', 'docker'] : [wanted]).flatMap((name) => {
    const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
    return found === undefined ? [] : [found];
  });
}

function definedOf(env: ContainersDeps['env']): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** By which the image of a context is found again: the bytes of all its files, and which of them is the Dockerfile. */
async function contextHash(folder: string, dockerfile: string): Promise<string> {
  const hash = createHash('sha256').update(`${dockerfile}\n`);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
  for (const file of files) {
    const content = await readFile(join(folder, file));
    hash.update(`${file}\n${content.length}\n`).update(content);
  }
  return hash.digest('hex').slice(0, 32);
}
