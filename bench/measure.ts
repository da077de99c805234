import { spawnSync } from 'node:child_process';

/** The middle of the values; the mean of the middle two for an even count. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown> | unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Milliseconds of a whole command, its output dropped. @throws when it fails, with what it printed */
export function timedCommand(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): number {
  const start = performance.now();
  const done = spawnSync(command, args, { ...options, encoding: 'utf8' });
  const taken = performance.now() - start;
  if (done.status !== 0)
    throw new Error(
      `${command} ${args.join(' ')} ended with ${done.status ?? done.signal}:\n${done.stdout}${done.stderr}`,
    );
  return taken;
}

/** One line of the table: both sides of a ratio were measured in the same run. */
export type Row = {
  readonly what: string;
  readonly against: string;
  /** Milliseconds, medians. */
  readonly ours: number;
  readonly theirs: number;
  /** Largest ratio that we want to see; absent where none was set. */
  readonly goal?: number;
  readonly rounds: number;
  readonly note?: string;
};

/** Two digits behind the point, or two that say something: 1.65, 0.0023. */
const short = (ratio: number) => String(ratio < 0.1 ? Number(ratio.toPrecision(2)) : Number(ratio.toFixed(2)));

/** The rows as a Markdown table. */
export function table(rows: readonly Row[]): string {
  const line = (row: Row) =>
    `| ${row.what} | ${row.ours.toFixed(1)} ms | ${row.against} | ${row.theirs.toFixed(1)} ms | ${short(row.ours / row.theirs)}× | ${
      row.goal === undefined ? 'reported' : `≤ ${short(row.goal)}×`
    } | ${row.rounds} | ${row.note ?? ''} |`;
  return [
    '| what | median | against | median | ratio | goal | rounds | note |',
    '|---|---|---|---|---|---|---|---|',
    ...rows.map(line),
  ].join('\n');
}
