import { execFile } from 'node:child_process';
import { readFile, statfs } from 'node:fs/promises';
import { cpus, freemem, totalmem } from 'node:os';

/** What the machine does at one moment. Counters rise for ever; what they rose by is what counts. */
export type MachineLoad = {
  /** Milliseconds of all processors since the system's start. */
  readonly cpu: { readonly busy: number; readonly all: number };
  /** Bytes. */
  readonly memory: { readonly used: number; readonly total: number };
  /** Bytes, of the disk that jobs write to. */
  readonly disk: { readonly used: number; readonly available: number };
  /** Bytes since the system's start. Absent where the system does not tell. */
  readonly network?: { readonly received: number; readonly sent: number };
  readonly gpus: readonly GpuLoad[];
};

/** Percent, bytes, watts. What a card doesn't tell is NaN. */
export type GpuLoad = {
  readonly index: number;
  readonly utilization: number;
  readonly memoryUsed: number;
  readonly memoryTotal: number;
  readonly power: number;
  readonly powerLimit: number;
};

const GPU_TIMEOUT_MS = 5000;
const MIB = 1024 * 1024;

/** Reads the load of this machine. @param folder on the disk that is told of */
export async function readMachineLoad(folder: string): Promise<MachineLoad> {
  const [memory, disk, network, gpus] = await Promise.all([readMemory(), readDisk(folder), readNetwork(), readGpus()]);
  let [busy, all] = [0, 0];
  for (const { times } of cpus()) {
    const sum = times.user + times.nice + times.sys + times.idle + times.irq;
    all += sum;
    busy += sum - times.idle;
  }
  return { cpu: { busy, all }, memory, disk, ...(network ? { network } : {}), gpus };
}

/** `/proc/meminfo`: what is neither free nor a cache that can be given up. Undefined for another text. */
export function memoryOf(text: string): MachineLoad['memory'] | undefined {
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]);
  const [total, available] = [kilobytes('MemTotal') * 1024, kilobytes('MemAvailable') * 1024];
  return Number.isNaN(total) || Number.isNaN(available) ? undefined : { used: total - available, total };
}

/** `/proc/net/dev`: every interface, as mlflow's own monitor counts them. */
export function networkOf(text: string): NonNullable<MachineLoad['network']> {
  let [received, sent] = [0, 0];
  for (const match of text.matchAll(/^\s*[^\s:]+:\s*(\d+)(?:\s+\d+){7}\s+(\d+)/gm)) {
    received += Number(match[1]);
    sent += Number(match[2]);
  }
  return { received, sent };
}

/** Lines of `nvidia-smi` in the order of `GPU_FIELDS`, without units. */
export function gpusOf(text: string): readonly GpuLoad[] {
  const lines = text.split('\n').filter((line) => /^\s*\d+\s*,/.test(line));
  return lines.map((line) => {
    const [index, utilization, used, total, power, limit] = line.split(',').map((field) => Number(field.trim()));
    return {
      index: index ?? Number.NaN,
      utilization: utilization ?? Number.NaN,
      memoryUsed: (used ?? Number.NaN) * MIB,
      memoryTotal: (total ?? Number.NaN) * MIB,
      power: power ?? Number.NaN,
      powerLimit: limit ?? Number.NaN,
    };
  });
}

async function readMemory(): Promise<MachineLoad['memory']> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  return memoryOf(text) ?? { used: totalmem() - freemem(), total: totalmem() };
}

async function readDisk(folder: string): Promise<MachineLoad['disk']> {
  const { bsize, blocks, bfree, bavail } = await statfs(folder);
  return { used: (blocks - bfree) * bsize, available: bavail * bsize };
}

async function readNetwork(): Promise<MachineLoad['network']> {
  const text = await readFile('/proc/net/dev', 'utf8').catch(() => undefined);
  return text === undefined ? undefined : networkOf(text);
}

const GPU_FIELDS = 'index,utilization.gpu,memory.used,memory.total,power.draw,enforced.power.limit';
let hasNoGpu = false;

async function readGpus(): Promise<readonly GpuLoad[]> {
  if (hasNoGpu) return [];
  const args = [`--query-gpu=${GPU_FIELDS}`, '--format=csv,noheader,nounits'];
  return new Promise((resolve) => {
    execFile('nvidia-smi', args, { timeout: GPU_TIMEOUT_MS }, (error, output) => {
      // A machine without the program won't get one while the server runs.
      if ((error as NodeJS.ErrnoException | null)?.code === 'ENOENT') hasNoGpu = true;
      resolve(error ? [] : gpusOf(output));
    });
  });
}
