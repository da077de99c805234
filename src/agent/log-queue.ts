import type { Clock } from '../kernel/clock.ts';
import type { Backpressure } from './backpressure.ts';
import type { PlanClient } from './plan-client.ts';

/** A log that grows is sent on at this age, in milliseconds, or size, in characters, so that little is lost with a machine. */
const logAgeMs = 1000;
const logSize = 64 * 1024;
/** Requests at one time; the server puts what comes together on disk together. */
const width = 8;
/** Documented sizes of the console: lines a request and characters a line. */
const feedLines = 100;
const feedWidth = 1024;
/** Lines for the console of one step that wait; older ones are in the log alone. */
const feedWaiting = 500;
/** Logs that one request makes. */
const logsPerRequest = 100;
/** Characters of one append; documented pages hold 8 MiB. */
const pageSize = 1024 * 1024;

/** Lines of a job on their way to the server: to the logs of its records, and to the console of those who watch. */
export type LogQueue = {
  /** A line (masked, without time) of a record's log, and of the job's. */
  line(recordId: string, text: string): void;
  /** No more lines will come: the log is sent with the next round. */
  end(recordId: string): void;
  hasLines(recordId: string): boolean;
  isEmpty(): boolean;
  /**
   * Sends what is due when this is called: logs that ended, are old enough or large enough, and lines for the console.
   * @param what `all`: every line, due or not
   * @throws what sending finally failed with
   */
  send(what: 'due' | 'all'): Promise<void>;
};

type LogState = {
  id?: number;
  lines: string[];
  size: number;
  since: number;
  sent: number;
  ended: boolean;
  feed: string[];
  /** 1-based number of the first line in `feed`. */
  feedStart: number;
};

export type LogQueueOptions = {
  readonly client: PlanClient;
  readonly clock: Clock;
  readonly jobRecordId: string;
  /** Time stamp of a log line. */
  readonly time: () => string;
  /** Knows of each character that waits. */
  readonly backpressure: Backpressure;
  /** The server has made the log of a record. */
  readonly onMade: (recordId: string, logId: number) => void;
};

/** Makes the empty queue of a job. */
export function createLogQueue(options: LogQueueOptions): LogQueue {
  const { client, clock, jobRecordId, backpressure } = options;
  const logs = new Map<string, LogState>();

  const append = (recordId: string, line: string, now: number): LogState => {
    let log = logs.get(recordId);
    if (!log) {
      log = { lines: [], size: 0, since: 0, sent: 0, ended: false, feed: [], feedStart: 1 };
      logs.set(recordId, log);
    }
    if (log.lines.length === 0) log.since = now;
    log.lines.push(line);
    log.size += line.length + 1;
    backpressure.add(line.length + 1);
    return log;
  };
  const isDue = (log: LogState): boolean =>
    log.lines.length > 0 && (log.ended || log.size >= logSize || clock.now().getTime() - log.since >= logAgeMs);

  const taken = (log: LogState, count: number) => {
    const size = log.lines.splice(0, count).reduce((sum, line) => sum + line.length + 1, 0);
    log.sent += count;
    log.size -= size;
    backpressure.remove(size);
  };
  /** Makes logs, each with its first page. */
  const beginLogs = async (begun: readonly [string, LogState][]) => {
    const pages = begun.map(([name, log]) => ({ name, lines: nextPage(log.lines) }));
    const ids = await client.createLogs(pages);
    for (const [index, [recordId, log]] of begun.entries()) {
      log.id = ids[index] as number;
      options.onMade(recordId, log.id);
      taken(log, (pages[index] as (typeof pages)[number]).lines.length);
    }
  };
  const sendLines = async (log: LogState, count: number) => {
    for (let left = count; left > 0; ) {
      const page = nextPage(log.lines.slice(0, left));
      await client.appendLog(log.id as number, page, log.sent);
      taken(log, page.length);
      left -= page.length;
    }
  };
  const sendFeed = async (recordId: string, log: LogState) => {
    for (let left = log.feed.length; left > 0 && log.feed.length > 0; ) {
      const lines = log.feed.splice(0, feedLines);
      const start = log.feedStart;
      log.feedStart += lines.length;
      left -= lines.length;
      await client.postFeed(recordId, lines, start);
    }
  };

  return {
    line(recordId, text) {
      const now = clock.now().getTime();
      const stamped = `${options.time()} ${text}`;
      const log = append(recordId, stamped, now);
      if (recordId === jobRecordId) return;
      append(jobRecordId, stamped, now);
      log.feed.push(text.length > feedWidth ? `${text.slice(0, feedWidth)}...` : text);
      if (log.feed.length > feedWaiting) {
        log.feed.shift();
        log.feedStart += 1;
      }
    },
    end(recordId) {
      const log = logs.get(recordId);
      if (log) log.ended = true;
    },
    hasLines: (recordId) => holdsLines(logs.get(recordId)),
    isEmpty: () => ![...logs.values()].some(holdsLines),
    async send(what) {
      const isWhole = (log: LogState) => isDue(log) || (what === 'all' && log.lines.length > 0);
      const due = [...logs].filter(([, log]) => log.feed.length > 0 || isWhole(log));
      // What is printed meanwhile waits for the next round, or a step that prints on would keep all else from being sent.
      const whole = new Map(
        due.filter(([, log]) => isWhole(log)).map(([id, log]) => [id, log.sent + log.lines.length]),
      );
      // What has ended before anyone could watch it is in its log.
      for (const [id, log] of due) if (log.ended && whole.has(id)) log.feed = [];
      const begun = due.filter(([id, log]) => whole.has(id) && log.id === undefined);
      for (const batch of batches(begun)) await beginLogs(batch);
      // Independent logs go side by side; each log's own requests keep their order.
      await eachOf(due, width, async ([recordId, log]) => {
        await sendFeed(recordId, log);
        const until = whole.get(recordId);
        if (until !== undefined) await sendLines(log, until - log.sent);
        if (log.ended && !holdsLines(log)) logs.delete(recordId);
      });
    },
  };
}

const holdsLines = (log: LogState | undefined): boolean =>
  log !== undefined && (log.lines.length > 0 || log.feed.length > 0);

/** Logs that one request makes: their first pages together fit one append, and they are not too many. */
function batches(begun: readonly [string, LogState][]): [string, LogState][][] {
  const all: [string, LogState][][] = [];
  let size = 0;
  for (const one of begun) {
    const own = Math.min(one[1].size, pageSize);
    const last = all.at(-1);
    if (last && last.length < logsPerRequest && size + own <= pageSize) {
      last.push(one);
      size += own;
    } else {
      all.push([one]);
      size = own;
    }
  }
  return all;
}

/** As many lines as fit one append, at least one. */
function nextPage(lines: readonly string[]): string[] {
  let size = 0;
  let count = 0;
  while (count < lines.length && (count === 0 || size + (lines[count] as string).length < pageSize)) {
    size += (lines[count] as string).length + 1;
    count += 1;
  }
  return lines.slice(0, count);
}

/** Runs `work` for every item, at most `width` at a time. */
async function eachOf<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) await work(items[next++] as T);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
}
