import type { TimelineRecordUpdate } from '../contracts/agent.ts';
import type { Clock } from '../kernel/clock.ts';
import { ServerRefusal } from './connection.ts';
import type { PlanClient } from './plan-client.ts';

/** Pause between two rounds of sending, in milliseconds: short enough for a person who watches. */
const roundMs = 120;
/** A log that grows is sent on at this age, in milliseconds, or size, in characters, so that little is lost with a machine. */
const logAgeMs = 1000;
const logSize = 64 * 1024;
const recordsPerRequest = 25;
/** Documented sizes of the console: lines a request and characters a line. */
const feedLines = 100;
const feedWidth = 1024;
/** Lines for the console of one step that wait; older ones are in the log alone. */
const feedWaiting = 500;
/** Characters of one append; documented pages hold 8 MiB. */
const pageSize = 1024 * 1024;
/** Characters that wait before the steps have to. */
const mostWaiting = 32 * 1024 * 1024;

/**
 * Everything that a job tells its server, in order, sent beside the running steps: no step waits for it, unless megabytes wait.
 */
export type Uploads = {
  /** Changes of a timeline record; later fields win over ones that have not been sent yet. */
  record(update: TimelineRecordUpdate): void;
  /** A line (masked, without time) of a record's log; `alsoIn` is the job's record. */
  line(recordId: string, text: string): void;
  /** No more lines will come: the log is sent with the next round. */
  endLog(recordId: string): void;
  /** A file for a record. */
  attachment(recordId: string, type: string, name: string, content: Buffer): void;
  /** Resolves when steps may print on. */
  room(): Promise<void> | undefined;
  /** Sends everything and resolves when all of it is acknowledged. @throws what sending finally failed with */
  finish(): Promise<void>;
  /** Stops without sending. */
  abandon(): void;
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
  count: number;
};

export type UploadOptions = {
  readonly client: PlanClient;
  readonly clock: Clock;
  readonly jobRecordId: string;
  /** Time stamp of a log line. */
  readonly time: () => string;
  /** Called once, when the server refuses or is away for too long: the job is lost. */
  readonly onFailure: (error: unknown) => void;
};

/** Makes the queue of a job and starts its pump. */
export function createUploads(options: UploadOptions): Uploads {
  const { client, clock, jobRecordId } = options;
  const logs = new Map<string, LogState>();
  let records = new Map<string, TimelineRecordUpdate>();
  let attachments: { recordId: string; type: string; name: string; content: Buffer }[] = [];
  let waiting = 0;
  let running: Promise<void> | undefined;
  let finishing = false;
  let abandoned = false;
  let failure: { error: unknown } | undefined;
  let cancelTimer: (() => void) | undefined;
  let roomWaiters: (() => void)[] = [];

  const logOf = (recordId: string): LogState => {
    let log = logs.get(recordId);
    if (!log) {
      log = { lines: [], size: 0, since: 0, sent: 0, ended: false, feed: [], feedStart: 1, count: 0 };
      logs.set(recordId, log);
    }
    return log;
  };
  const append = (recordId: string, line: string, now: number): LogState => {
    const log = logOf(recordId);
    if (log.lines.length === 0) log.since = now;
    log.lines.push(line);
    log.size += line.length + 1;
    log.count += 1;
    waiting += line.length + 1;
    return log;
  };
  const enqueue = (update: TimelineRecordUpdate) => {
    records.set(update.id, { ...records.get(update.id), ...update });
    wake();
  };
  const due = (log: LogState): boolean =>
    log.lines.length > 0 &&
    (finishing || log.ended || log.size >= logSize || clock.now().getTime() - log.since >= logAgeMs);

  const sendLog = async (recordId: string, log: LogState, batch: Map<string, TimelineRecordUpdate>) => {
    if (log.id === undefined) {
      log.id = await client.createLog(recordId);
      batch.set(recordId, { ...batch.get(recordId), id: recordId, log: { id: log.id } });
    }
    while (log.lines.length > 0) {
      const { page, size } = nextPage(log.lines);
      await client.appendLog(log.id, page, log.sent);
      log.lines.splice(0, page.length);
      log.sent += page.length;
      log.size -= size;
      waiting -= size;
      if (waiting < mostWaiting / 2) {
        for (const resolve of roomWaiters) resolve();
        roomWaiters = [];
      }
    }
    if (log.ended && log.feed.length === 0) logs.delete(recordId);
  };
  const sendFeed = async (recordId: string, log: LogState) => {
    while (log.feed.length > 0) {
      const lines = log.feed.splice(0, feedLines);
      const start = log.feedStart;
      log.feedStart += lines.length;
      await client.postFeed(recordId, lines, start);
    }
  };
  const sendRecords = async (all: readonly TimelineRecordUpdate[]) => {
    for (let at = 0; at < all.length; at += recordsPerRequest) {
      await client.updateRecords(all.slice(at, at + recordsPerRequest));
    }
  };

  /** An attachment that the server does not take is said in the job's log: for it alone a job is not given up. */
  const sendAttachment = async ({ recordId, type, name, content }: (typeof attachments)[number]) => {
    try {
      await client.attach(recordId, type, name, content);
    } catch (error) {
      if (!(error instanceof ServerRefusal)) throw error;
      const line = `##[warning]The attachment '${name}' was not taken: ${error.message}`;
      append(jobRecordId, `${options.time()} ${line}`, clock.now().getTime());
    }
  };

  /** One round: lines first, so that a record that says "completed" comes after what it printed. */
  const round = async () => {
    const lines = [...logs].filter(([id, log]) => id !== jobRecordId && (log.feed.length > 0 || due(log)));
    // What the records say now was true when the lines above had been printed; later changes wait for their own lines.
    const batch = records;
    records = new Map();
    const files = attachments;
    attachments = [];
    // Independent logs go side by side; each log's own requests keep their order.
    await eachOf(lines, 4, async ([recordId, log]) => {
      const send = due(log);
      await sendFeed(recordId, log);
      if (send) await sendLog(recordId, log, batch);
    });
    const whole = logs.get(jobRecordId);
    if (whole && due(whole)) await sendLog(jobRecordId, whole, batch);
    for (const file of files) await sendAttachment(file);
    await sendRecords([...batch.values()]);
  };
  const idle = () =>
    records.size === 0 &&
    attachments.length === 0 &&
    ![...logs.values()].some((log) => log.feed.length > 0 || log.lines.length > 0);

  const pump = async () => {
    try {
      while (!abandoned && !idle()) {
        await round();
        if (!finishing && !abandoned) await pause();
      }
    } catch (error) {
      failure = { error };
      for (const resolve of roomWaiters) resolve();
      roomWaiters = [];
      if (!abandoned) options.onFailure(error);
    } finally {
      running = undefined;
    }
  };
  let endPause: (() => void) | undefined;
  const pause = () =>
    new Promise<void>((resolve) => {
      endPause = () => {
        cancelTimer?.();
        resolve();
      };
      cancelTimer = clock.after(roundMs, resolve);
    });
  const wake = () => {
    // The next turn of the loop, so that what is reported together is sent together.
    if (!running && !failure && !abandoned) running = Promise.resolve().then(pump);
  };

  return {
    record: enqueue,
    line(recordId, text) {
      const now = clock.now().getTime();
      const stamped = `${options.time()} ${text}`;
      const log = append(recordId, stamped, now);
      if (recordId !== jobRecordId) {
        append(jobRecordId, stamped, now);
        log.feed.push(text.length > feedWidth ? `${text.slice(0, feedWidth)}...` : text);
        if (log.feed.length > feedWaiting) {
          log.feed.shift();
          log.feedStart += 1;
        }
      }
      wake();
    },
    endLog(recordId) {
      const log = logs.get(recordId);
      if (log) log.ended = true;
    },
    attachment(recordId, type, name, content) {
      attachments.push({ recordId, type, name, content });
      wake();
    },
    room() {
      if (waiting < mostWaiting || failure || abandoned) return undefined;
      return new Promise((resolve) => roomWaiters.push(resolve));
    },
    async finish() {
      finishing = true;
      endPause?.();
      while (!failure && !abandoned && (running || !idle())) {
        wake();
        await running;
      }
      if (failure) throw failure.error;
    },
    abandon() {
      abandoned = true;
      endPause?.();
      for (const resolve of roomWaiters) resolve();
    },
  };
}

/** As many lines as fit one append, at least one. */
function nextPage(lines: readonly string[]): { page: string[]; size: number } {
  let size = 0;
  let count = 0;
  while (count < lines.length && (count === 0 || size + (lines[count] as string).length < pageSize)) {
    size += (lines[count] as string).length + 1;
    count += 1;
  }
  return { page: lines.slice(0, count), size };
}

/** Runs `work` for every item, at most `width` at a time. */
async function eachOf<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) await work(items[next++] as T);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
}
