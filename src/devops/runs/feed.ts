import type { EventBus } from '../../store/index.ts';

/** Lines of a running record as they come, for those who watch. Kept in memory alone: the log is what stays. */
export type Feed = {
  add(runId: number, recordId: string, lines: readonly string[], startLine?: number): void;
  /** Lines from number `startLine` (1-based) on, as far as they are still held. */
  read(
    runId: number,
    recordId: string,
    startLine: number,
  ): { startLine: number; lines: readonly string[]; next: number };
  /** Forgets a run that has ended. */
  drop(runId: number): void;
};

const MOST_LINES = 2000;

export const feedTopic = (runId: number) => `devops/feed/${runId}`;

/** Makes the feed. The last 2,000 lines of each record are held. */
export function createFeed(events: EventBus): Feed {
  const runs = new Map<number, Map<string, { first: number; lines: string[] }>>();
  return {
    add(runId, recordId, lines, startLine) {
      const records = runs.get(runId) ?? new Map();
      runs.set(runId, records);
      const held = records.get(recordId) ?? { first: 1, lines: [] };
      records.set(recordId, held);
      const next = held.first + held.lines.length;
      if (startLine !== undefined && startLine > next) {
        held.first = startLine;
        held.lines = [];
      }
      // A repeated batch (its answer was lost) brings only what is new in it.
      const known = startLine === undefined ? 0 : Math.max(0, held.first + held.lines.length - startLine);
      held.lines.push(...lines.slice(known));
      const excess = held.lines.length - MOST_LINES;
      if (excess > 0) {
        held.lines.splice(0, excess);
        held.first += excess;
      }
      events.publish(feedTopic(runId));
    },
    read(runId, recordId, startLine) {
      const held = runs.get(runId)?.get(recordId);
      if (!held) return { startLine, lines: [], next: startLine };
      const from = Math.max(startLine, held.first);
      return { startLine: from, lines: held.lines.slice(from - held.first), next: held.first + held.lines.length };
    },
    drop: (runId) => void runs.delete(runId),
  };
}
