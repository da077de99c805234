import { type ChildProcess, spawn } from 'node:child_process';
import { findLeftovers, type Leftover } from './leftovers.ts';

/** How long a canceled process has after SIGINT, and after SIGTERM, in milliseconds (documented). */
export type Graces = { readonly interruptMs: number; readonly terminateMs: number };
const documentedGraces: Graces = { interruptMs: 7500, terminateMs: 2500 };
/** How long the output of a process that has ended may stay open, because a child in the background holds it. */
const openStreamsMs = 5000;

export type ProcessRun = {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly onStdout: (bytes: Buffer) => void;
  readonly onStderr: (bytes: Buffer) => void;
  /** What holds the output back when the log can't follow. */
  readonly room?: () => Promise<void> | undefined;
  readonly signal: AbortSignal;
};

/** `heldOpen`: a child in the background kept the output open, and it was closed on our side. */
export type ProcessEnd = { readonly exitCode: number; readonly heldOpen: boolean };

/** The processes of one job. */
export type Processes = {
  /** Marks every process of the job in its environment. */
  readonly lookupId: string;
  /**
   * Starts a program in a process group of its own and waits. When the signal aborts, the group gets SIGINT, SIGTERM and SIGKILL.
   * @throws an error that names the program when it can't be started
   */
  run(run: ProcessRun): Promise<ProcessEnd>;
  /** Kills what is left of the job. @returns what was found */
  sweep(): Promise<Leftover[]>;
};

/** Keeps track of a job's processes. */
export function createProcesses(lookupId: string, graces: Graces = documentedGraces): Processes {
  /** Groups that still had members when their first process ended; their number can't be given away as long as that is so. */
  const groups = new Set<number>();

  return {
    lookupId,
    run: (run) =>
      new Promise((resolve, reject) => {
        if (run.signal.aborted) return resolve({ exitCode: 130, heldOpen: false });
        const child = spawn(run.file, run.args, {
          cwd: run.cwd,
          env: { ...run.env, VSTS_PROCESS_LOOKUP_ID: lookupId },
          detached: true,
          stdio: [run.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
        });
        const timers: NodeJS.Timeout[] = [];
        let heldOpen = false;
        const cancel = () => {
          signalGroup(child, 'SIGINT');
          timers.push(
            setTimeout(() => signalGroup(child, 'SIGTERM'), graces.interruptMs),
            setTimeout(() => signalGroup(child, 'SIGKILL'), graces.interruptMs + graces.terminateMs),
          );
        };
        run.signal.addEventListener('abort', cancel, { once: true });
        const done = () => {
          run.signal.removeEventListener('abort', cancel);
          for (const timer of timers) clearTimeout(timer);
        };
        child.on('error', (cause: NodeJS.ErrnoException) => {
          done();
          reject(startError(run, cause));
        });
        child.on('exit', () => {
          for (const timer of timers) clearTimeout(timer);
          // Canceled means all of it: what ignored the signals goes now that its parent is gone.
          if (run.signal.aborted) signalGroup(child, 'SIGKILL');
          else if (hasMembers(child.pid)) groups.add(child.pid as number);
          timers.push(
            setTimeout(() => {
              heldOpen = true;
              child.stdout?.destroy();
              child.stderr?.destroy();
            }, openStreamsMs),
          );
        });
        child.on('close', (code, signal) => {
          done();
          resolve({ exitCode: code ?? 128 + (signalNumbers[signal ?? ''] ?? 0), heldOpen });
        });
        const read = (stream: NodeJS.ReadableStream | null, write: (bytes: Buffer) => void) =>
          stream?.on('data', (bytes: Buffer) => {
            try {
              write(bytes);
            } catch (error) {
              // Whatever can't read the output ends the step, not the agent.
              signalGroup(child, 'SIGKILL');
              reject(error as Error);
              return;
            }
            const room = run.room?.();
            if (!room) return;
            stream.pause();
            void room.then(() => stream.resume());
          });
        read(child.stdout, run.onStdout);
        read(child.stderr, run.onStderr);
        // A program that doesn't read its input is none of our business.
        child.stdin?.on('error', () => {});
        child.stdin?.end(run.input);
      }),
    async sweep() {
      const found: Leftover[] = [];
      // A process can start another between the look and the kill: look until nothing is there.
      for (let round = 0; round < 25; round += 1) {
        const left = await findLeftovers(lookupId, groups);
        if (left.length === 0) break;
        for (const one of left) {
          if (!found.some((other) => other.pid === one.pid)) found.push(one);
          killQuietly(one.pid, 'SIGKILL');
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
      groups.clear();
      return found;
    },
  };
}

const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};

function startError(run: ProcessRun, cause: NodeJS.ErrnoException): Error {
  if (cause.code === 'ENOENT') {
    return new Error(
      `'${run.file}' could not be started in '${run.cwd}': the program or the working directory does not exist. ` +
        'Check the workingDirectory input and that the program is installed.',
      { cause },
    );
  }
  if (cause.code === 'E2BIG') {
    return new Error(
      `'${run.file}' could not be started: its arguments and environment are longer than the system allows. ` +
        'Hand large values over in a file.',
      { cause },
    );
  }
  return new Error(`'${run.file}' could not be started in '${run.cwd}': ${cause.message}`, { cause });
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid !== undefined) killQuietly(-child.pid, signal);
}

function hasMembers(group: number | undefined): boolean {
  if (group === undefined) return false;
  try {
    process.kill(-group, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function killQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
