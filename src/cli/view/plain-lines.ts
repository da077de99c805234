import type { TimelineRecord } from '../client/wire.ts';
import { elapsed, formatDuration } from './duration.ts';
import { byCodeUnit } from './order.ts';
import { namePaths, runNodes } from './run-nodes.ts';
import type { RunView } from './run-tree.ts';
import { plainText } from './text-width.ts';

const WORDS: Readonly<Record<string, string>> = {
  succeeded: 'ok',
  succeededWithIssues: 'ok, with issues',
  failed: 'FAILED',
  canceled: 'canceled',
  skipped: 'skipped',
  abandoned: 'ABANDONED',
};

/**
 * Tells a run as lines that are only ever added, for a log file or a pipe: `[job] step … ok (1.2s)` when a step ends, a line when a
 * job starts and ends, and each warning and error once.
 * @returns a function that takes the run as it is now and answers the lines that are new
 */
export function createPlainLines(): (view: RunView) => string[] {
  const told = new Set<string>();
  const once = (key: string, line: string): string[] => {
    if (told.has(key)) return [];
    told.add(key);
    return [line];
  };
  return (view) => {
    const nodes = runNodes(view.records);
    const paths = namePaths(nodes);
    // A job with legs is told leg by leg; one that never got a leg (skipped, say) is told itself.
    const split = new Set(view.records.filter((record) => record.type === 'Job').map((record) => record.parentId));
    const byEnd = view.records
      .filter((record) => paths.has(record.id) && !split.has(record.id))
      .sort(
        (a, b) =>
          byCodeUnit(a.finishTime ?? a.startTime ?? '~', b.finishTime ?? b.startTime ?? '~') ||
          // What ends in the same instant is told from the inside out.
          (paths.get(b.id)?.length ?? 0) - (paths.get(a.id)?.length ?? 0),
      );
    const lines: string[] = [];
    for (const record of byEnd) {
      const path = (paths.get(record.id) ?? []).map(plainText);
      if (record.type !== 'Job' || record.state !== 'inProgress') continue;
      lines.push(...once(`${record.id} start`, `[${path.join(' / ')}] started`));
    }
    for (const record of byEnd) {
      const path = (paths.get(record.id) ?? []).map(plainText);
      for (const [index, issue] of (record.issues ?? []).entries()) {
        if (isStep(record)) {
          const text = `${prefix(path, record, view)}: ${issue.type}: ${plainText(issue.message.split('\n')[0] ?? '')}`;
          lines.push(...once(`${record.id} issue ${index}`, text));
        }
      }
      if (record.state !== 'completed' || (!isJob(record) && !isStep(record))) continue;
      const word = WORDS[record.result ?? ''] ?? 'done';
      if (record.type === 'Millrace.Notice') {
        lines.push(...once(`${record.id} end`, prefix(path, record, view)));
        continue;
      }
      const time = record.result === 'skipped' ? undefined : elapsed(record, 0);
      const clock = time === undefined ? '' : ` (${formatDuration(time)})`;
      const line = isJob(record)
        ? `[${path.join(' / ')}] ${record.result === 'succeeded' ? 'succeeded' : word}${clock}`
        : `${prefix(path, record, view)} … ${word}${clock}`;
      lines.push(...once(`${record.id} end`, line));
    }
    return lines;
  };
}

/** `[job] step`; a step's own children follow it as `[job] step › child`. */
function prefix(path: readonly string[], record: TimelineRecord, view: RunView): string {
  const byId = new Map(view.records.map((one) => [one.id, one]));
  let below = 0;
  for (
    let at: TimelineRecord | undefined = record;
    at && isStep(at);
    at = at.parentId ? byId.get(at.parentId) : undefined
  )
    below++;
  const split = Math.max(0, path.length - below);
  return `[${path.slice(0, split).join(' / ')}] ${path.slice(split).join(' › ')}`;
}

function isJob(record: TimelineRecord): boolean {
  return record.type === 'Job' || record.type === 'Phase';
}

function isStep(record: TimelineRecord): boolean {
  return record.type === 'Task' || record.type.startsWith('Millrace.');
}
