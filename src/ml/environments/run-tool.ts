import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { DomainError } from '../../kernel/errors.ts';

export type ToolRun = {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Every line that the tool prints, secrets in URLs masked. */
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
};

export type ToolResult = {
  readonly exitCode: number;
  /** Whole lines: some answer in one long line of JSON. */
  readonly stdout: readonly string[];
  readonly lastLines: readonly string[];
};

const KEPT_LINES = 30;
const LINE_LIMIT = 4000;
/** How long a tool may take to clear up after what it had begun outside of its group was killed. */
const CLEAR_UP_MS = 5000;

/**
 * Runs a tool to its end and streams what it prints. The tool gets a process group of its own; aborting the signal kills the whole group. The steps of
 * podman's builds are outside of it: they are killed first, and podman takes the layers of the failed build away.
 * @throws DomainError `conflict` when the signal aborted; the spawn's own error when the program isn't there
 */
export async function runTool(run: ToolRun): Promise<ToolResult> {
  if (run.signal.aborted) throw canceled();
  const [program, ...args] = run.command as [string, ...string[]];
  const child = spawn(program, args, { cwd: run.cwd, env: run.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const kill = () => {
    if (child.pid !== undefined) killProcess(-child.pid);
  };
  let clearUp: NodeJS.Timeout | undefined;
  const stop = () => {
    const outside = child.pid === undefined ? [] : outsideOfGroup(child.pid);
    if (outside.length === 0) return kill();
    for (const pid of outside) killProcess(pid);
    clearUp = setTimeout(kill, CLEAR_UP_MS);
  };
  run.signal.addEventListener('abort', stop, { once: true });
  const stdout: string[] = [];
  const lastLines: string[] = [];
  const read = async (stream: NodeJS.ReadableStream, lines: string[] | undefined) => {
    for await (const raw of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      const whole = maskUrlCredentials(raw);
      lines?.push(whole);
      const line = whole.slice(0, LINE_LIMIT);
      lastLines.push(line);
      if (lastLines.length > KEPT_LINES) lastLines.shift();
      run.log(line);
    }
  };
  try {
    const ended = new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 137));
    });
    const [exitCode] = await Promise.all([ended, read(child.stdout, stdout), read(child.stderr, undefined)]);
    if (run.signal.aborted) throw canceled();
    return { exitCode, stdout, lastLines };
  } finally {
    run.signal.removeEventListener('abort', stop);
    clearTimeout(clearUp);
    kill();
  }
}

/** @param pid negative for a group */
function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended meanwhile
  }
}

/** The processes below one that leads a group, as far as they left that group. Linux alone: elsewhere containers run in a virtual machine. */
function outsideOfGroup(leader: number): number[] {
  if (process.platform !== 'linux') return [];
  const table = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, 'latin1');
        // The name before the fields may hold anything, parentheses too.
        const [, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return [{ pid: Number(entry), parent: Number(parent), group: Number(group) }];
      } catch {
        return [];
      }
    });
  const below = new Set([leader]);
  for (let size = 0; size !== below.size; ) {
    size = below.size;
    for (const { pid, parent } of table) if (below.has(parent)) below.add(pid);
  }
  return table.filter(({ pid, group }) => below.has(pid) && group !== leader).map(({ pid }) => pid);
}

function canceled(): DomainError {
  return new DomainError('conflict', 'The build of the environment was canceled.', { wire: 'Canceled' });
}

/** Takes user name and password out of URLs: package indexes are often given with a token inside. */
function maskUrlCredentials(text: string): string {
  return text.replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, '$1***@');
}
