import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError, messageOf } from '../kernel/errors.ts';
import { cancelBuild, createLocalRun, getLogLengths, getLogLines, type LocalRunRequest } from './client/runs.ts';
import { createServerClient, type Refusal, type ServerClient } from './client/server-client.ts';
import type { LocalRun } from './client/wire.ts';
import { exitCode } from './exit-code.ts';
import { type FollowedRun, followRun, runView } from './follow-run.ts';
import type { CliIo } from './io.ts';
import { createLogTails } from './view/log-tails.ts';
import { exitCodeOf, failureLines, outcomeLine } from './view/run-outcome.ts';
import { createRunReporter } from './view/run-reporter.ts';
import type { RunView } from './view/run-tree.ts';
import { createStyle, wantsColour } from './view/style.ts';
import { closeConnection } from './with-server.ts';

export type RunPipelineOptions = {
  readonly request: LocalRunRequest;
  /** Print the finished run as JSON on standard output. */
  readonly json: boolean;
  /** The last line after a success: what to try next. */
  readonly next: (run: LocalRun) => string;
};

/** How often a run that changes all the time is drawn: a tree as often as a person can see, lines as often as one can read. */
const TREE_MS = 100;
const LINES_MS = 300;
/** How often the running steps' logs are read for the live tree. */
const TAIL_MS = 400;
/** How long a second Ctrl-C waits for the carried server's files to be closed. */
const LEAVE_MS = 2000;

/**
 * Runs a pipeline of a local directory on the server and shows it to its end. Ctrl-C once cancels the run and goes on showing it;
 * twice leaves at once.
 * @returns the exit code
 */
export async function runPipeline(io: CliIo, options: RunPipelineOptions): Promise<number> {
  const interrupts = createInterrupts(io);
  try {
    return await Promise.race([runConnected(io, options, interrupts), interrupts.leave]);
  } catch (error) {
    // What leaving cuts off fails; that is no failure of the run.
    if (interrupts.left.aborted) return await interrupts.leave;
    throw error;
  } finally {
    interrupts.close();
  }
}

type Interrupts = {
  /** Answers 130 when the user will not wait any longer. */
  readonly leave: Promise<number>;
  /** What the first Ctrl-C does, beside being counted. */
  onFirst: (() => void) | undefined;
  /** Shows a line of the server's, wherever the screen stands. */
  say: (line: string) => void;
  /** Called before leaving, to give the terminal back. */
  onLeave: (() => void) | undefined;
  /** Ends the connection without waiting for runs. */
  endAtOnce: (() => Promise<void>) | undefined;
  /** Aborted on leaving: nothing more is waited for. */
  readonly left: AbortSignal;
  readonly count: () => number;
  close(): void;
};

function createInterrupts(io: CliIo): Interrupts {
  const { promise, resolve } = Promise.withResolvers<number>();
  const left = new AbortController();
  let count = 0;
  const stop = io.onInterrupt(() => {
    count++;
    if (count === 1) {
      interrupts.onFirst?.();
      return;
    }
    if (left.signal.aborted) return;
    interrupts.onLeave?.();
    left.abort();
    // A server that this process carries closes its files properly, but is not waited for longer than a moment.
    const closed = interrupts.endAtOnce?.() ?? Promise.resolve();
    const timer = setTimeout(() => resolve(exitCode.interrupted), LEAVE_MS);
    closed
      .catch(() => undefined)
      .then(() => {
        clearTimeout(timer);
        resolve(exitCode.interrupted);
      });
  });
  const interrupts: Interrupts = {
    leave: promise,
    onFirst: undefined,
    say: (line) => io.stderr.write(`${line}\n`),
    onLeave: undefined,
    endAtOnce: undefined,
    left: left.signal,
    count: () => count,
    close: stop,
  };
  return interrupts;
}

async function runConnected(io: CliIo, options: RunPipelineOptions, interrupts: Interrupts): Promise<number> {
  const connection = await io.host.connect({ startIfAbsent: true, notice: (line) => interrupts.say(line) });
  if (!connection) throw new Error('The server could not be started.');
  interrupts.endAtOnce = () => connection.close({ atOnce: true });
  const client = createServerClient(connection);
  try {
    if (interrupts.count() > 0) return exitCode.interrupted;
    const run = await create(io, client, options.request);
    if (run === undefined) return exitCode.usage;
    for (const line of run.provisioned ?? []) io.stderr.write(`${line}\n`);
    if (run.warnings?.length) {
      const { reportRunWarnings } = await import('./pipeline-report.ts');
      await reportRunWarnings(io, options.request.directory, run.warnings);
    }
    const followed = await show(io, client, run, interrupts);
    await conclude(io, client, run, followed, options);
    return interrupts.count() > 0 ? exitCode.interrupted : exitCodeOf(followed.build);
  } finally {
    client.close();
    // Whoever leaves at once does not wait for a server that waits for its last run.
    if (!interrupts.left.aborted) await closeConnection(io, connection);
  }
}

/** Creates the run; undefined when the pipeline is invalid, which has been said then. */
async function create(io: CliIo, client: ServerClient, request: LocalRunRequest): Promise<LocalRun | undefined> {
  try {
    return await createLocalRun(client, request);
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'invalid') throw error;
    const { reportRefusedPipeline } = await import('./pipeline-report.ts');
    await reportRefusedPipeline(io, request, error.message, (error.details as Refusal | undefined)?.body);
    return undefined;
  }
}

async function show(io: CliIo, client: ServerClient, run: LocalRun, interrupts: Interrupts): Promise<FollowedRun> {
  const reporter = createRunReporter(io);
  const tails = createLogTails((logId, startLine) => getLogLines(client, run.id, logId, startLine));
  let view: RunView | undefined;
  const plainly = interrupts.say;
  interrupts.say = reporter.note;
  interrupts.onFirst = () => {
    reporter.note(`Canceling run ${run.id}. Ctrl-C again leaves without waiting for its end.`);
    cancelBuild(client, run.id).catch((error: unknown) => {
      // After leaving, the screen is given back: nothing may be drawn on it.
      if (!interrupts.left.aborted) reporter.note(`The run could not be canceled: ${messageOf(error)}`);
    });
  };
  // Interrupted while the run was being made: it is canceled like one that was seen.
  if (interrupts.count() > 0) interrupts.onFirst();
  interrupts.onLeave = () => {
    reporter.finish(undefined);
    io.stderr.write(`Left run ${run.id} on its way. See: millrace runs show ${run.id}\n`);
  };
  const live = io.stderr.isTTY === true;
  const over = new AbortController();
  const tailing = live ? tailLogs(over.signal, tails, () => view, reporter.update) : Promise.resolve();
  try {
    const followed = await followRun(client, run.id, {
      onChange(next) {
        view = { ...next, tails: tails.lines };
        reporter.update(view);
      },
      onTrouble: (message) => reporter.note(message),
      paceMs: live ? TREE_MS : LINES_MS,
      signal: interrupts.left,
    });
    over.abort();
    reporter.finish(runView(followed.build, followed.records));
    return followed;
  } finally {
    over.abort();
    reporter.finish(undefined);
    await tailing;
    interrupts.say = plainly;
    interrupts.onFirst = undefined;
    interrupts.onLeave = undefined;
  }
}

/** Reads the running steps' logs until the run is over. A log that can't be read now is no reason to stop. */
async function tailLogs(
  over: AbortSignal,
  tails: ReturnType<typeof createLogTails>,
  current: () => RunView | undefined,
  update: (view: RunView) => void,
): Promise<void> {
  while (!over.aborted) {
    await tails.read(current()?.records ?? []).catch(() => undefined);
    const view = current();
    if (!over.aborted && view) update({ ...view, tails: tails.lines });
    await sleep(TAIL_MS, undefined, { signal: over }).catch(() => undefined);
  }
}

async function conclude(
  io: CliIo,
  client: ServerClient,
  run: LocalRun,
  followed: FollowedRun,
  options: RunPipelineOptions,
): Promise<void> {
  const { build, records } = followed;
  const style = createStyle(wantsColour(io.stderr, io.env));
  const succeeded = exitCodeOf(build) === exitCode.succeeded;
  if (!succeeded && build.result !== 'canceled') {
    const lengths = await getLogLengths(client, run.id).catch(() => new Map<number, number>());
    const readTail = (logId: number, lines: number) =>
      getLogLines(client, run.id, logId, Math.max(1, (lengths.get(logId) ?? 0) - lines + 1));
    for (const line of await failureLines(run.id, records, readTail, style)) io.stderr.write(`${line}\n`);
    for (const issue of build.validationResults ?? []) {
      if (issue.result === 'error') io.stderr.write(`${style.red(issue.message)}\n`);
    }
  }
  const next = succeeded ? options.next(run) : `See: millrace runs show ${run.id} · millrace runs logs ${run.id}`;
  io.stderr.write(`\n${outcomeLine(build, style)}\n${next}\n`);
  if (options.json) {
    const { runJson } = await import('./run-json.ts');
    io.stdout.write(`${JSON.stringify(runJson(build, records), null, 2)}\n`);
  }
}
