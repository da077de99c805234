import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The machine's podman or docker, as far as it decides what a container is started with. */
export type ContainerEngine = {
  /** Absolute path of the program. */
  readonly program: string;
  /** What answers under that name: `docker` may be podman's stand-in. */
  readonly kind: 'podman' | 'docker';
  /** Arguments by which the container's user is that of this server, so that what a job writes is theirs. */
  readonly owner: readonly string[];
  /** Arguments that hand the machine's GPUs on; empty where there are none. */
  readonly gpus: readonly string[];
  /** Why GPUs that are there are not handed on. */
  readonly warning?: string;
};

type Env = Readonly<Record<string, string | undefined>>;

/** What an engine says of itself by `info --format '{{json .}}'`, as far as it is read here. */
type Info = { readonly ServerVersion?: unknown; readonly SecurityOptions?: unknown; readonly host?: unknown };

/** A user of this machine, by the ids of its process. */
export type Owner = { readonly uid: number; readonly gid: number };

/** What the machine has for GPUs in containers. */
export type GpuSupport = {
  /** Whether `nvidia-smi` lists a card. */
  readonly hasCards: boolean;
  /** Whether the NVIDIA Container Toolkit is there, which docker asks for `--gpus`. */
  readonly hasToolkit: boolean;
  /** Whether a specification of the Container Device Interface names the cards, which podman asks. */
  readonly hasDeviceSpecification: boolean;
};

/**
 * The programs to try, by their paths: what `MILLRACE_CONTAINERS` says, else podman, then docker.
 * @returns with what to say where there are none
 */
export function enginePrograms(env: Env): { readonly programs: readonly string[]; readonly reason: string } {
  const wanted = env['MILLRACE_CONTAINERS']?.trim() || 'auto';
  if (wanted === 'off') return { programs: [], reason: 'containers are switched off (MILLRACE_CONTAINERS=off)' };
  if (wanted.startsWith('/'))
    return {
      programs: existsSync(wanted) ? [wanted] : [],
      reason: `MILLRACE_CONTAINERS names ${wanted}, which is not there`,
    };
  if (wanted !== 'auto')
    return {
      programs: [onPath(env, wanted)].filter((path) => path !== undefined),
      reason: `MILLRACE_CONTAINERS names '${wanted}', which is not on PATH`,
    };
  return {
    programs: ['podman', 'docker'].flatMap((name) => onPath(env, name) ?? []),
    reason: 'neither podman nor docker is on this machine',
  };
}

/** The first program of a name on PATH. */
export function onPath(env: Env, name: string): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/**
 * Reads what `info --format '{{json .}}'` printed.
 * @returns undefined when nothing behind the program answered: docker's client then prints what it knows of itself, older ones with exit code 0 (seen with 20.10)
 */
export function readEngine(program: string, text: string, owner: Owner, gpus: GpuSupport): ContainerEngine | undefined {
  let info: Info;
  try {
    info = JSON.parse(text) as Info;
  } catch {
    return undefined;
  }
  const isPodman = typeof info.host === 'object' && info.host !== null;
  if (!isPodman && (typeof info.ServerVersion !== 'string' || info.ServerVersion === '')) return undefined;
  const kind = isPodman ? 'podman' : 'docker';
  const options = Array.isArray(info.SecurityOptions) ? info.SecurityOptions.map(String) : [];
  const has = (name: string) => options.some((option) => option.split(',').includes(`name=${name}`));
  return {
    program,
    kind,
    owner: ownerArguments(kind, owner, { rootless: has('rootless'), remapped: has('userns') }),
    ...gpuArguments(kind, gpus),
  };
}

/**
 * Said outright, because an image may name a user of its own, to whom the job's folders are closed.
 * @param daemon docker's: `rootless` runs as the server's user, who is root inside; `remapped` has other numbers inside unless told not to
 */
function ownerArguments(
  kind: ContainerEngine['kind'],
  { uid, gid }: Owner,
  daemon: { rootless: boolean; remapped: boolean },
): string[] {
  if (kind === 'podman') return uid === 0 ? ['--user', '0:0'] : ['--userns', 'keep-id', '--user', `${uid}:${gid}`];
  if (daemon.rootless) return ['--user', '0:0'];
  return [...(daemon.remapped ? ['--userns', 'host'] : []), '--user', `${uid}:${gid}`];
}

function gpuArguments(kind: ContainerEngine['kind'], has: GpuSupport): Pick<ContainerEngine, 'gpus' | 'warning'> {
  if (!has.hasCards) return { gpus: [] };
  if (kind === 'docker' && has.hasToolkit) return { gpus: ['--gpus', 'all'] };
  if (kind === 'podman' && has.hasDeviceSpecification) return { gpus: ['--device', 'nvidia.com/gpu=all'] };
  const next =
    kind === 'docker'
      ? 'install the NVIDIA Container Toolkit'
      : "install the NVIDIA Container Toolkit and run 'nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml' as root";
  return {
    gpus: [],
    warning: `This machine has GPUs, but ${kind} can't hand them to containers: ${next}, then start Millrace again.`,
  };
}

/** @param listed what `nvidia-smi -L` printed; undefined where it is not there or failed */
export function gpuSupport(env: Env, listed: string | undefined, folders = ['/etc/cdi', '/var/run/cdi']): GpuSupport {
  const programs = ['nvidia-container-runtime-hook', 'nvidia-container-toolkit', 'nvidia-container-cli'];
  return {
    hasCards: /^GPU \d+:/m.test(listed ?? ''),
    hasToolkit: programs.some((name) => onPath(env, name) !== undefined),
    hasDeviceSpecification: folders.some(namesGpus),
  };
}

function namesGpus(folder: string): boolean {
  if (!existsSync(folder)) return false;
  return readdirSync(folder).some(
    (name) => /\.(?:ya?ml|json)$/.test(name) && readFileSync(join(folder, name), 'utf8').includes('nvidia.com/gpu'),
  );
}
