import { statSync } from 'node:fs';
import type { LaunchProcess } from '../../drivers/driver.ts';
import type { ContainerPlace } from '../types.ts';
import type { ContainerEngine } from './container-engine.ts';
import type { DockerOption } from './docker-arguments.ts';

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
const OF_MACHINE = /^(?:PATH|HOME|VIRTUAL_ENV|PYTHONHOME|PYTHONPATH|LD_LIBRARY_PATH|TMPDIR|SHELL|USER|LOGNAME|PWD)$/;
/** Variables that podman and docker themselves go by. */
const OF_ENGINE = /^(?:LD_|DOCKER_|CONTAINER|PODMAN_|STORAGE_|XDG_|GO[A-Z]+$)/;

/**
 * The same process inside a container of an image.
 * @param env the server's own variables: what the engine's program needs
 * @param options the job's own for the container, read already; one that is set here too takes its place
 */
export function containerProcess(
  engine: ContainerEngine,
  image: string,
  { command, cwd, env: variables, logFile }: LaunchProcess,
  place: ContainerPlace,
  env: Readonly<Record<string, string>>,
  options: readonly DockerOption[],
): LaunchProcess {
  const asked = new Set(Object.keys(place.variables));
  const passed: Record<string, string> = {};
  // What the program goes by itself is written out: in its own environment it would change what the program does.
  const written: string[] = [];
  for (const [name, value] of Object.entries(variables)) {
    const ofMachine = OF_MACHINE.test(name);
    if (ofMachine && !asked.has(name)) continue;
    if (ofMachine || OF_ENGINE.test(name)) written.push('--env', `${name}=${value}`);
    else passed[name] = value;
  }
  // Certificates that variables name lie outside of the run's folders. What the job itself names lies in the image.
  const isMounted = (path: string) => place.folders.some((folder) => path.startsWith(`${folder}/`));
  const files = Object.entries(passed)
    .filter(([name, value]) => !asked.has(name) && value.startsWith('/') && !isMounted(value) && isFile(value))
    .map(([, value]) => value);
  const settings: readonly (readonly [replacedBy: RegExp, ...words: string[]])[] = [
    [/^network$/, '--network', 'host'],
    // Podman refuses a size where the machine's shared memory is used.
    [/^(?:shm-size|ipc)$/, '--shm-size', place.shmSize],
    [/^gpus$/, ...engine.gpus],
    [/^(?:user|userns)$/, ...engine.owner],
    [/^workdir$/, '--workdir', cwd],
  ];
  const isSet = (names: RegExp) => options.some(({ name }) => names.test(name));
  return {
    command: [
      engine.program,
      'run',
      '--rm',
      '--name',
      `millrace-${place.user}-${place.index}`,
      '--label',
      `millrace.run=${place.user}`,
      ...settings.flatMap(([replacedBy, ...words]) => (isSet(replacedBy) ? [] : words)),
      ...(engine.kind === 'podman' ? ['--security-opt', 'label=disable'] : []),
      ...place.folders.flatMap((path) => ['--mount', `type=bind,source=${path},destination=${path}`]),
      ...place.mounts.flatMap(({ source, target }) => [
        '--mount',
        `type=bind,source=${source},destination=${target},readonly`,
      ]),
      ...[...new Set(files)].flatMap((path) => ['--mount', `type=bind,source=${path},destination=${path},readonly`]),
      ...(asked.has('HOME') ? [] : ['--env', `HOME=${place.home}`]),
      ...Object.keys(passed).flatMap((name) => ['--env', name]),
      ...written,
      ...options.flatMap((option) => wordsFor(engine, option)),
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
    env: { ...env, ...passed },
    logFile,
  };
}

/** Podman knows GPUs as devices alone. */
function wordsFor({ kind }: ContainerEngine, { name, words }: DockerOption): readonly string[] {
  if (kind !== 'podman' || name !== 'gpus') return words;
  const value = (words[1] ?? (words[0] as string).replace(/^--gpus=/, '')).replaceAll('"', '');
  const devices = /^\d+$/.test(value)
    ? Array.from({ length: Math.min(Number(value), 64) }, (_, index) => String(index))
    : value.replace(/^device=/, '').split(',');
  return devices.flatMap((device) => ['--device', `nvidia.com/gpu=${device}`]);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
