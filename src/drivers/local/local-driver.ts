import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FSWatcher, mkdirSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { unavailable } from '../../kernel/errors.ts';
import type { Driver, LaunchHandle, LaunchProcess, LaunchSpec, LaunchState } from '../driver.ts';
import {
  claimUnstarted,
  readEnding,
  readExit,
  readFacts,
  readOwner,
  writeEnding,
  writeFacts,
} from './launch-folder.ts';
import { OWNER_SHELL } from './owner-shell.ts';
import { isAlive, LAUNCH_MARKER, markedProcesses, signalProcess } from './process-table.ts';

/** The safety net under the file watcher and the child's own exit. */
const POLL_MS = 3000;
/** How long processes of a launch that ended by itself may go on before what carries its marker is killed. */
const SWEEP_AFTER_MS = 1000;
/** When one process of several fails, the others get this long to end. */
const SIBLING_GRACE_SECONDS = 5;

/** Runs launches as processes of this machine. They outlive the server; `recover` finds them again by their folder. */
export function createLocalDriver(): Driver {
  const children = new Map<string, Set<ChildProcess>>();
  const ended = new Set<string>();
  let sweep: NodeJS.Timeout | undefined;

  /** A process that left its session is not in the group that the shell kills: looked for once for many launches. */
  const sweepLater = (id: string) => {
    ended.add(id);
    if (sweep !== undefined) return;
    sweep = setTimeout(() => {
      sweep = undefined;
      for (const pid of markedProcesses(ended)) signalProcess(pid, 'SIGKILL');
      ended.clear();
    }, SWEEP_AFTER_MS).unref();
  };

  const stop: Driver['stop'] = async (handle, graceSeconds) => {
    if (isFinal(stateOf(handle))) return;
    writeEnding(handle.folder, 'stop');
    await endProcesses(handle, graceSeconds);
  };

  return {
    name: 'local',
    async launch(handle, spec) {
      mkdirSync(handle.folder, { recursive: true, mode: 0o700 });
      if (spec.processes.length !== 1 || spec.timeoutSeconds !== undefined) {
        writeFacts(handle.folder, {
          processes: spec.processes.length,
          ...(spec.timeoutSeconds === undefined ? {} : { deadline: Date.now() + spec.timeoutSeconds * 1000 }),
        });
      }
      await Promise.all(
        spec.processes.map(async (process, index) => {
          if (readOwner(handle.folder, index) !== undefined) return;
          const child = await startOwner(handle, spec, process, index);
          const set = children.get(handle.id) ?? new Set();
          children.set(handle.id, set.add(child));
          child.once('exit', () => {
            set.delete(child);
            if (set.size === 0 && children.get(handle.id) === set) children.delete(handle.id);
            // While one of them runs, what carries the marker is at work.
            if (set.size === 0 && stateOf(handle).kind !== 'running') sweepLater(handle.id);
          });
        }),
      );
    },
    recover: async (handle) => stateOf(handle),
    async wait(handle, signal) {
      const { deadline } = readFacts(handle.folder);
      for (;;) {
        signal.throwIfAborted();
        const own = children.get(handle.id);
        const change = nextChange(handle, own, deadline, signal);
        try {
          const state = stateOf(handle);
          if (isFinal(state)) return state;
          // A shell that died before it could write who it is (killed, no memory) will never write an exit status.
          if (state.kind === 'unknown' && own === undefined) return state;
          if (hasFailedProcess(handle)) await endProcesses(handle, SIBLING_GRACE_SECONDS);
          else if (deadline !== undefined && Date.now() >= deadline) {
            writeEnding(handle.folder, 'timeout');
            await endProcesses(handle, SIBLING_GRACE_SECONDS);
          } else await change.happened;
        } finally {
          change.forget();
        }
      }
    },
    stop,
  };
}

async function startOwner(
  handle: LaunchHandle,
  spec: LaunchSpec,
  process: LaunchProcess,
  index: number,
): Promise<ChildProcess> {
  mkdirSync(dirname(process.logFile), { recursive: true, mode: 0o700 });
  const child = spawn(
    '/bin/sh',
    ['-c', OWNER_SHELL, 'millrace', handle.folder, String(index), process.logFile, ...process.command],
    {
      cwd: process.cwd,
      env: { ...process.env, [LAUNCH_MARKER]: handle.id },
      detached: true,
      stdio: 'ignore',
    },
  );
  child.unref();
  if (child.pid === undefined) {
    const [error] = (await once(child, 'error')) as [Error];
    throw unavailable(
      `Process ${index + 1} of ${spec.processes.length} could not be started in ${process.cwd}: ${error.message}`,
      { cause: error },
    );
  }
  child.once('error', () => {});
  return child;
}

function isFinal(state: LaunchState): boolean {
  return state.kind !== 'running' && state.kind !== 'unknown';
}

/** Some process ended with an error while others run: as mpirun and torchrun do, the others are ended too. */
function hasFailedProcess(handle: LaunchHandle): boolean {
  const { processes } = readFacts(handle.folder);
  return processes > 1 && indexes(processes).some((index) => (readExit(handle.folder, index) ?? 0) !== 0);
}

const indexes = (count: number) => Array.from({ length: count }, (_, index) => index);

/** The state that the folder tells. */
function stateOf(handle: LaunchHandle): LaunchState {
  const { folder } = handle;
  const { processes } = readFacts(folder);
  let lost = false;
  let unstarted = 0;
  let claimed = 0;
  let running = 0;
  const failures: number[] = [];
  for (const index of indexes(processes)) {
    // The liveness is asked before the exit status: a shell that writes and leaves between the two is not lost.
    const owner = readOwner(folder, index);
    const alive = owner !== undefined && owner !== 'claimed' && isAlive(owner);
    const code = readExit(folder, index);
    if (code !== undefined) failures.push(...(code === 0 ? [] : [code]));
    else if (alive) running += 1;
    else if (owner === undefined) unstarted += 1;
    else if (owner === 'claimed') claimed += 1;
    else lost = true;
  }
  if (running > 0) return unstarted > 0 ? { kind: 'unknown' } : { kind: 'running' };
  if (unstarted > 0) return { kind: 'unknown' };
  const ending = readEnding(folder);
  if (ending === 'timeout') return { kind: 'timed-out' };
  if (ending === 'stop' || claimed === processes) return { kind: 'stopped' };
  // Those that were ended because a sibling failed say less than the one that failed.
  const failure = failures.find((code) => code !== 128 + 15 && code !== 128 + 9) ?? failures[0];
  if (failure !== undefined) return exitedWith(failure);
  return lost ? { kind: 'lost' } : { kind: 'exited', exitCode: 0 };
}

const SIGNALS: Readonly<Record<number, string>> = { 6: 'SIGABRT', 9: 'SIGKILL', 11: 'SIGSEGV', 15: 'SIGTERM' };

function exitedWith(code: number): LaunchState {
  const signal = code > 128 ? SIGNALS[code - 128] : undefined;
  return { kind: 'exited', exitCode: code, ...(signal === undefined ? {} : { signal }) };
}

/** Ends every process of the launch: SIGTERM to the groups and to what carries the marker, then SIGKILL after the grace. */
async function endProcesses(handle: LaunchHandle, graceSeconds: number): Promise<void> {
  const { processes } = readFacts(handle.folder);
  const owners = indexes(processes).flatMap((index) => {
    claimUnstarted(handle.folder, index);
    const owner = readOwner(handle.folder, index);
    return owner === undefined || owner === 'claimed' ? [] : [owner];
  });
  const mark = new Set([handle.id]);
  const signalAll = (signal: NodeJS.Signals) => {
    for (const owner of owners) if (isAlive(owner)) signalProcess(-owner.pid, signal);
    for (const pid of markedProcesses(mark)) signalProcess(pid, signal);
  };
  const end = performance.now() + graceSeconds * 1000;
  if (graceSeconds > 0) {
    signalAll('SIGTERM');
    while (performance.now() < end && markedProcesses(mark).length > 0) await pause(20);
  }
  for (let attempt = 0; attempt < 50 && markedProcesses(mark).length > 0; attempt += 1) {
    signalAll('SIGKILL');
    await pause(10);
  }
}

type Change = { readonly happened: Promise<void>; readonly forget: () => void };

/** The next sign that a launch has changed: a file in its folder, the end of a shell of ours, its deadline, or time to look. */
function nextChange(
  handle: LaunchHandle,
  own: ReadonlySet<ChildProcess> | undefined,
  deadline: number | undefined,
  signal: AbortSignal,
): Change {
  let wake: () => void = () => {};
  const happened = new Promise<void>((resolve) => {
    wake = resolve;
  });
  let watcher: FSWatcher | undefined;
  if (own === undefined) {
    try {
      watcher = watch(handle.folder, wake);
      watcher.on('error', wake);
    } catch {
      // No watcher left on this machine: the poll below still finds the end.
    }
  }
  for (const child of own ?? []) child.once('exit', wake);
  const untilDeadline = deadline === undefined ? POLL_MS : Math.max(1, deadline - Date.now());
  const timer = setTimeout(wake, Math.min(POLL_MS, untilDeadline));
  signal.addEventListener('abort', wake, { once: true });
  return {
    happened,
    forget() {
      clearTimeout(timer);
      watcher?.close();
      for (const child of own ?? []) child.removeListener('exit', wake);
      signal.removeEventListener('abort', wake);
    },
  };
}
