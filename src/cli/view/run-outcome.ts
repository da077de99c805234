import type { Build, TimelineRecord } from '../client/wire.ts';
import { exitCode } from '../exit-code.ts';
import { elapsed, formatDuration } from './duration.ts';
import { formatLogLine, ownLines } from './log-line.ts';
import { namePaths, runNodes } from './run-nodes.ts';
import type { Style } from './style.ts';
import { plainText } from './text-width.ts';

/** How many last lines of a failed step are shown. */
const SHOWN_LINES = 20;
/** How many failed steps are shown in full; the others are a command away. */
const SHOWN_STEPS = 3;

/** The exit code for a finished run. */
export function exitCodeOf(build: Pick<Build, 'result'>): number {
  switch (build.result) {
    case 'succeeded':
    case 'partiallySucceeded':
      return exitCode.succeeded;
    case 'canceled':
      return exitCode.canceled;
    default:
      return exitCode.failed;
  }
}

/** The steps that failed a run: the innermost failed records that have a log, then those that have only a message. */
function failedSteps(records: readonly TimelineRecord[]): readonly TimelineRecord[] {
  const bad = records.filter((record) => record.result === 'failed' || record.result === 'abandoned');
  const withBadSteps = new Set(bad.filter((record) => record.type === 'Task').map((record) => record.parentId));
  return bad.filter((record) => {
    if (record.type === 'Task') return true;
    // A job that could not even start has no failed step: it has only its own message.
    return record.type === 'Job' && !withBadSteps.has(record.id) && (record.issues ?? []).length > 0;
  });
}

/**
 * What went wrong, for the end of the screen: each failed step's errors and last log lines, and the command that shows the rest.
 * @param readTail the last lines of a log
 */
export async function failureLines(
  runId: number,
  records: readonly TimelineRecord[],
  readTail: (logId: number, lines: number) => Promise<readonly string[]>,
  style: Style,
): Promise<string[]> {
  const failed = failedSteps(records);
  const paths = namePaths(runNodes(records));
  const lines: string[] = [];
  for (const record of failed.slice(0, SHOWN_STEPS)) {
    const path = (paths.get(record.id) ?? [record.name]).map(plainText).join(' › ');
    lines.push('', style.bold(style.red(`${path} ${record.result === 'abandoned' ? 'was abandoned' : 'failed'}`)));
    // Some lines more than shown are read: the step's closing lines are dropped.
    const log = record.log ? ownLines(await readTail(record.log.id, SHOWN_LINES + 12)).slice(-SHOWN_LINES) : [];
    const shown = log.map((line) => formatLogLine(line, style));
    for (const line of shown) lines.push(`  ${line}`);
    for (const issue of (record.issues ?? []).filter((one) => one.type === 'error').slice(0, 5)) {
      const text = issue.message.split('\n').map(plainText);
      if (!shown.some((line) => line.includes(text[0] ?? '')))
        for (const line of text) lines.push(`  ${style.red(line)}`);
    }
    if (record.log) lines.push(style.dim(`  whole log: millrace runs logs ${runId} --step ${quoted(record.name)}`));
  }
  if (failed.length > SHOWN_STEPS) {
    lines.push('', style.dim(`${failed.length - SHOWN_STEPS} more failed: millrace runs show ${runId}`));
  }
  return lines;
}

function quoted(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `'${plainText(name).replaceAll("'", `'\\''`)}'`;
}

/** One line: what became of the run and how long it took. */
export function outcomeLine(build: Build, style: Style): string {
  const time = elapsed({ startTime: build.startTime ?? null, finishTime: build.finishTime ?? null }, 0);
  const clock = time === undefined ? '' : ` in ${formatDuration(time)}`;
  const name = `Run ${build.id} (${plainText(build.buildNumber)})`;
  switch (build.result) {
    case 'succeeded':
      return style.green(`${name} succeeded${clock}.`);
    case 'partiallySucceeded':
      return style.yellow(`${name} succeeded with issues${clock}.`);
    case 'canceled':
      return style.yellow(`${name} was canceled${clock}.`);
    default:
      return style.red(`${name} failed${clock}.`);
  }
}
