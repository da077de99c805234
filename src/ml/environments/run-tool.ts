import { spawn } from 'node:child_process';
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
  readonly stdout: readonly string[];
  readonly lastLines: readonly string[];
};

const KEPT_LINES = 30;
const LINE_LIMIT = 4000;

/**
 * Runs a tool to its end and streams what it prints. The tool gets a process group of its own; aborting the signal kills the whole group.
 * @throws DomainError `conflict` when the signal aborted; the spawn's own error when the program isn't there
 */
export async function runTool(run: ToolRun): Promise<ToolResult> {
  if (run.signal.aborted) throw canceled();
  const [program, ...args] = run.command as [string, ...string[]];
  const child = spawn(program, args, { cwd: run.cwd, env: run.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const kill = () => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // it has ended meanwhile
    }
  };
  run.signal.addEventListener('abort', kill, { once: true });
  const stdout: string[] = [];
  const lastLines: string[] = [];
  const read = async (stream: NodeJS.ReadableStream, lines: string[] | undefined) => {
    for await (const raw of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      const line = maskUrlCredentials(raw).slice(0, LINE_LIMIT);
      lines?.push(line);
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
    run.signal.removeEventListener('abort', kill);
    kill();
  }
}

function canceled(): DomainError {
  return new DomainError('conflict', 'The build of the environment was canceled.', { wire: 'Canceled' });
}

/** Takes user name and password out of URLs: package indexes are often given with a token inside. */
function maskUrlCredentials(text: string): string {
  return text.replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, '$1***@');
}
