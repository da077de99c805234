import type { TimelineRecord } from '../client/wire.ts';
import { ownLines } from './log-line.ts';

/** How many lines of a running step are kept. */
const KEPT = 20;
/** How many running steps are followed: more than these don't fit on a screen. */
const FOLLOWED = 4;

/** The last log lines of the steps that run. */
export type LogTails = {
  /** Reads what is new in the logs of the running steps among these. */
  read(records: readonly TimelineRecord[]): Promise<void>;
  readonly lines: ReadonlyMap<string, readonly string[]>;
};

/**
 * Keeps the tails of running steps' logs.
 * @param readLog a log's lines from a line on, counted from 1
 */
export function createLogTails(readLog: (logId: number, startLine: number) => Promise<readonly string[]>): LogTails {
  const lines = new Map<string, readonly string[]>();
  const next = new Map<string, number>();
  return {
    lines,
    async read(records) {
      const running = records.filter((record) => record.state === 'inProgress' && record.log && record.type !== 'Job');
      const ids = new Set(running.map((record) => record.id));
      for (const id of lines.keys()) if (!ids.has(id)) lines.delete(id);
      await Promise.all(
        running.slice(-FOLLOWED).map(async (record) => {
          const from = next.get(record.id) ?? 1;
          const read = await readLog(record.log?.id ?? 0, from);
          if (read.length === 0) return;
          next.set(record.id, from + read.length);
          const before = lines.get(record.id) ?? [];
          // The header lies in the first piece; later pieces are the program's own lines, closing line aside.
          lines.set(record.id, [...before, ...ownLines(read)].slice(-KEPT));
        }),
      );
    },
  };
}
