import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { MachineLoad } from './machine-load.ts';

/** How often a running job's machine is looked at: mlflow's own default. A job that ends before has no system metrics, and pays nothing for them. */
const INTERVAL_MS = 10_000;
/** Runs that begin within this time begin from the same reading: a pipeline of many short nodes reads the machine once a second. */
const SHARED_MS = 1000;

/** `timestamp` in milliseconds since 1970. */
type Point = { readonly key: string; readonly value: number; readonly step: number; readonly timestamp: number };

export type SystemMetrics = {
  /** Samples the machine for a run until the answer is called. */
  watch(workspaceId: string, runId: string): () => void;
};

export type SystemMetricsDeps = {
  readonly clock: Clock;
  readonly log: Log;
  readonly read: () => Promise<MachineLoad>;
  readonly record: (workspaceId: string, runId: string, points: readonly Point[]) => Promise<void>;
};

type Watched = {
  readonly workspaceId: string;
  readonly runId: string;
  /** The load when the run began: traffic counts from there. */
  readonly first: MachineLoad;
  last: MachineLoad;
  step: number;
  readonly next: number;
};

/**
 * Samples the machine while runs are on it and logs it to each of them, under the names of mlflow's own monitor (`system/cpu_utilization_percentage`; client
 * source). One timer serves all runs, and none runs while there are none.
 */
export function createSystemMetrics(deps: SystemMetricsDeps): SystemMetrics {
  const { clock, log } = deps;
  const watched = new Map<object, Watched>();
  let cancel: (() => void) | undefined;

  let shared: { at: number; load: Promise<MachineLoad> } | undefined;
  const beginning = () => {
    const now = clock.now().getTime();
    if (!shared || now - shared.at >= SHARED_MS) shared = { at: now, load: deps.read() };
    return shared.load;
  };
  const look = async () => {
    const now = clock.now().getTime();
    const due = [...watched].filter(([, one]) => one.next <= now);
    if (due.length === 0) return;
    const load = await deps.read();
    for (const [token, one] of due) {
      if (!watched.has(token)) continue;
      const values = systemMetrics(one.first, one.last, load);
      const points = Object.entries(values).map(([key, value]) => ({
        key: `system/${key}`,
        value: Math.round(value * 10) / 10,
        step: one.step,
        timestamp: now,
      }));
      watched.set(token, { ...one, last: load, step: one.step + 1, next: now + INTERVAL_MS });
      await deps.record(one.workspaceId, one.runId, points);
    }
  };
  const wait = () => {
    if (cancel || watched.size === 0) return;
    const first = Math.min(...[...watched.values()].map((one) => one.next));
    cancel = clock.after(Math.max(0, first - clock.now().getTime()), () => {
      look()
        .catch((error) => log.warn({ error }, 'the load of the machine could not be logged'))
        .finally(() => {
          cancel = undefined;
          wait();
        });
    });
  };
  return {
    watch(workspaceId, runId) {
      const token = {};
      let over = false;
      beginning().then(
        (first) => {
          if (over) return;
          const next = clock.now().getTime() + INTERVAL_MS;
          watched.set(token, { workspaceId, runId, first, last: first, step: 0, next });
          wait();
        },
        (error) => log.warn({ error, run: runId }, 'the load of the machine could not be read'),
      );
      return () => {
        over = true;
        watched.delete(token);
        if (watched.size > 0) return;
        cancel?.();
        cancel = undefined;
      };
    },
  };
}

const MEGABYTE = 1e6;
const percent = (part: number, whole: number) => (whole > 0 ? (part / whole) * 100 : 0);

/** The metrics of a moment by mlflow's names. @param first the run's first moment; @param last the one before this */
export function systemMetrics(first: MachineLoad, last: MachineLoad, load: MachineLoad): Record<string, number> {
  const { memory, disk, network } = load;
  const found: Record<string, number> = {
    cpu_utilization_percentage: percent(load.cpu.busy - last.cpu.busy, load.cpu.all - last.cpu.all),
    system_memory_usage_megabytes: memory.used / MEGABYTE,
    system_memory_usage_percentage: percent(memory.used, memory.total),
    disk_usage_percentage: percent(disk.used, disk.used + disk.available),
    disk_usage_megabytes: disk.used / MEGABYTE,
    disk_available_megabytes: disk.available / MEGABYTE,
  };
  if (network && first.network) {
    found['network_receive_megabytes'] = (network.received - first.network.received) / MEGABYTE;
    found['network_transmit_megabytes'] = (network.sent - first.network.sent) / MEGABYTE;
  }
  for (const gpu of load.gpus) {
    const card: Record<string, number> = {
      utilization_percentage: gpu.utilization,
      memory_usage_percentage: percent(gpu.memoryUsed, gpu.memoryTotal),
      memory_usage_megabytes: gpu.memoryUsed / MEGABYTE,
      power_usage_watts: gpu.power,
      power_usage_percentage: percent(gpu.power, gpu.powerLimit),
    };
    for (const [name, value] of Object.entries(card))
      if (!Number.isNaN(value)) found[`gpu_${gpu.index}_${name}`] = value;
  }
  return found;
}
