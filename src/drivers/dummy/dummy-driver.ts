import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import type { Driver, LaunchHandle, LaunchState } from '../driver.ts';

type Record = { readonly endsAt: number; readonly exitCode: number; readonly timedOut: boolean };

export type DummyDriver = Driver & {
  /** Takes the machine away under everything that runs now. */
  lose(): void;
};

/**
 * A driver that starts nothing, for tests. The environment of the first process steers it: `DUMMY_SLEEP_MS` (default 0),
 * `DUMMY_EXIT_CODE` (default 0), `DUMMY_OUTPUT` (a line for the log file). `DUMMY_SLEEP_MS=forever` runs until it is stopped.
 * `DUMMY_WRITES` is a JSON object: the text of a variable that names a file is what is written there; of a list, the next launch with the same
 * `DUMMY_WRITES` writes the next text, and the last one stays.
 */
export function createDummyDriver(clock: Clock): DummyDriver {
  const writers = new Map<string, number>();
  const waiting = new Map<string, Set<() => void>>();
  const launched = new Map<string, LaunchHandle>();
  const wake = (id: string) => {
    for (const listener of [...(waiting.get(id) ?? [])]) listener();
  };
  const file = (handle: LaunchHandle) => join(handle.folder, 'dummy.json');
  const readRecord = (handle: LaunchHandle) =>
    JSON.parse(readFileSync(file(handle), 'utf8'), (key, value) =>
      key === 'endsAt' && value === null ? Number.POSITIVE_INFINITY : value,
    ) as Record;
  const recover = (handle: LaunchHandle): LaunchState => {
    if (existsSync(join(handle.folder, 'stopped'))) return { kind: 'stopped' };
    if (!existsSync(file(handle))) return { kind: 'unknown' };
    if (existsSync(join(handle.folder, 'lost'))) return { kind: 'lost' };
    const record = readRecord(handle);
    if (clock.now().getTime() < record.endsAt) return { kind: 'running' };
    return record.timedOut ? { kind: 'timed-out' } : { kind: 'exited', exitCode: record.exitCode };
  };
  return {
    name: 'dummy',
    async launch(handle, spec) {
      const first = spec.processes[0];
      if (!first || recover(handle).kind !== 'unknown') return;
      mkdirSync(handle.folder, { recursive: true });
      mkdirSync(dirname(first.logFile), { recursive: true });
      const sleep = first.env['DUMMY_SLEEP_MS'] ?? '0';
      const runs = sleep === 'forever' ? Number.POSITIVE_INFINITY : Number(sleep);
      const limit = (spec.timeoutSeconds ?? Number.POSITIVE_INFINITY) * 1000;
      const record: Record = {
        endsAt: clock.now().getTime() + Math.min(runs, limit),
        exitCode: Number(first.env['DUMMY_EXIT_CODE'] ?? '0'),
        timedOut: runs > limit,
      };
      writeFileSync(file(handle), JSON.stringify(record), { flag: 'wx' });
      launched.set(handle.id, handle);
      const output = first.env['DUMMY_OUTPUT'];
      if (output !== undefined) appendFileSync(first.logFile, `${output}\n`);
      const wanted = first.env['DUMMY_WRITES'];
      if (wanted !== undefined) {
        const count = writers.get(wanted) ?? 0;
        writers.set(wanted, count + 1);
        for (const [variable, texts] of Object.entries(
          JSON.parse(wanted) as { [variable: string]: string | string[] },
        )) {
          const place = first.env[variable] as string;
          mkdirSync(dirname(place), { recursive: true });
          writeFileSync(place, (typeof texts === 'string' ? texts : (texts[count] ?? texts.at(-1))) as string);
        }
      }
      if (Number.isFinite(record.endsAt)) clock.after(Math.min(runs, limit), () => wake(handle.id));
    },
    lose() {
      for (const handle of launched.values()) {
        if (recover(handle).kind !== 'running') continue;
        writeFileSync(join(handle.folder, 'lost'), '');
        wake(handle.id);
      }
    },
    recover: async (handle) => recover(handle),
    wait(handle, signal) {
      return new Promise((resolve, reject) => {
        const set = waiting.get(handle.id) ?? new Set();
        waiting.set(handle.id, set);
        const look = () => {
          const state = recover(handle);
          if (signal.aborted) reject(signal.reason);
          else if (state.kind === 'running') return;
          else resolve(state);
          forget();
          set.delete(look);
          signal.removeEventListener('abort', look);
        };
        // The timer of `launch` may have gone with an earlier server.
        const ends = existsSync(file(handle)) ? readRecord(handle).endsAt : Number.POSITIVE_INFINITY;
        const forget = Number.isFinite(ends)
          ? clock.after(Math.max(0, ends - clock.now().getTime()), () => look())
          : () => {};
        set.add(look);
        signal.addEventListener('abort', look);
        look();
      });
    },
    async stop(handle) {
      const state = recover(handle);
      if (state.kind !== 'running' && state.kind !== 'unknown') return;
      mkdirSync(handle.folder, { recursive: true });
      writeFileSync(join(handle.folder, 'stopped'), '');
      wake(handle.id);
    },
  };
}
