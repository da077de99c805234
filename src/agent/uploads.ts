import type { TimelineRecordUpdate } from '../contracts/agent.ts';
import type { Clock } from '../kernel/clock.ts';
import { ServerRefusal } from './connection.ts';
import type { PlanClient } from './plan-client.ts';
import { createRecordQueue } from './record-queue.ts';

/** Pause between two rounds of sending, in milliseconds: short enough for a person who watches. */
const roundMs = 120;
/** How long a beginning waits for a server that is away, in milliseconds: one that starts anew is back by then. */
const awayMs = 3000;
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
/** Characters of one append; documented pages hold 8 MiB. */
const pageSize = 1024 * 1024;
/** Characters that wait before the steps have to. */
const mostWaiting = 32 * 1024 * 1024;

/**
 * Everything that a job tells its server, in order, sent beside the running steps: no step waits for it, unless megabytes wait.
 */
export type Uploads = {
  /** Changes of a timeline record; later fields win over ones that have not been sent yet. That it has ended goes out after its lines. */
  record(update: TimelineRecordUpdate): void;
  /**
   * As `record`, and resolves when the change has left this process: what begins then cannot begin unknown to the server. Takes no
   * time when the server keeps up. When it is away, this waits for it once for a moment, and then no more until it is back: a job
   * goes on without its server. Resolves too when the job is lost.
   */
  announce(update: TimelineRecordUpdate): Promise<void>;
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
  /** Changes that wait for lines of their records. */
  let held = new Map<string, TimelineRecordUpdate>();
  /** Those of them that the present round will let go. */
  let leaving = new Map<string, TimelineRecordUpdate>();
  let attachments: { recordId: string; type: string; name: string; content: Buffer }[] = [];
  let waiting = 0;
  let running: Promise<void> | undefined;
  let finishing = false;
  let abandoned = false;
  /** Nobody took the word of a beginning in time, or anything since. */
  let away = false;
  let failure: { error: unknown } | undefined;
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
  const fail = (error: unknown) => {
    if (failure) return;
    failure = { error };
    for (const resolve of roomWaiters) resolve();
    roomWaiters = [];
    if (!abandoned) options.onFailure(error);
  };
  const records = createRecordQueue(async (updates, onSent) => {
    try {
      await client.updateRecords(updates, onSent);
      away = false;
    } catch (error) {
      fail(error);
      throw error;
    }
  });
  const enqueue = (update: TimelineRecordUpdate) => {
    const { id } = update;
    const waits = held.has(id) || leaving.has(id) || (update.state === 'completed' && hasLines(logs.get(id)));
    if (waits) held.set(id, { ...held.get(id), ...update });
    else records.add(update);
    wake();
  };
  const isDue = (log: LogState): boolean =>
    log.lines.length > 0 &&
    (finishing || log.ended || log.size >= logSize || clock.now().getTime() - log.since >= logAgeMs);

  const sendLog = async (recordId: string, log: LogState) => {
    while (log.lines.length > 0) {
      const page = nextPage(log.lines);
      let taken = page.length;
      if (log.id === undefined) {
        const made = await client.createLog(recordId, page);
        log.id = made.id;
        records.add({ id: recordId, log: { id: log.id } });
        taken = Math.min(made.lines, page.length);
      } else await client.appendLog(log.id, page, log.sent);
      const size = log.lines.splice(0, taken).reduce((sum, line) => sum + line.length + 1, 0);
      log.sent += taken;
      log.size -= size;
      waiting -= size;
      if (waiting < mostWaiting / 2) {
        for (const resolve of roomWaiters) resolve();
        roomWaiters = [];
      }
    }
    if (log.ended && !hasLines(log)) logs.delete(recordId);
  };
  const sendFeed = async (recordId: string, log: LogState) => {
    while (log.feed.length > 0) {
      const lines = log.feed.splice(0, feedLines);
      const start = log.feedStart;
      log.feedStart += lines.length;
      await client.postFeed(recordId, lines, start);
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

  /**
   * One round: lines first, so that a record that says "completed" comes after what it printed.
   * @param early a step has just begun: the word of the next one takes the records along; when none begins, the next round sees to them
   */
  const round = async (early: boolean) => {
    leaving = held;
    held = new Map();
    const due = [...logs].filter(([, log]) => (early ? log.ended : log.feed.length > 0) || isDue(log));
    const files = attachments;
    attachments = [];
    // Independent logs go side by side; each log's own requests keep their order.
    await eachOf(due, width, async ([recordId, log]) => {
      const whole = isDue(log);
      // What has ended before anyone could watch it is in its log.
      if (whole && log.ended) log.feed = [];
      await sendFeed(recordId, log);
      if (whole) await sendLog(recordId, log);
    });
    for (const file of files) await sendAttachment(file);
    for (const update of leaving.values()) records.add(update);
    leaving = new Map();
    if (finishing || !early) await records.flush();
  };
  const idle = () =>
    records.isEmpty() && held.size === 0 && attachments.length === 0 && ![...logs.values()].some(hasLines);

  const pump = async () => {
    try {
      while (!abandoned && !failure && !idle()) {
        // What is told together is sent together.
        const early = finishing ? false : await pause();
        if (!abandoned) await round(early);
      }
    } catch (error) {
      fail(error);
    } finally {
      running = undefined;
    }
  };
  /** A step began while a round was going on. */
  let begun = false;
  let endPause: ((early: boolean) => void) | undefined;
  /** @returns whether the beginning of a step has cut it short */
  const pause = async (): Promise<boolean> => {
    if (begun) {
      begun = false;
      return true;
    }
    const ended = Promise.withResolvers<boolean>();
    const cancelTimer = clock.after(roundMs, () => ended.resolve(false));
    endPause = ended.resolve;
    const early = await ended.promise;
    endPause = undefined;
    cancelTimer();
    return early;
  };
  const wake = () => {
    if (!running && !failure && !abandoned) running = Promise.resolve().then(pump);
  };

  return {
    record: enqueue,
    async announce(update) {
      if (failure || abandoned) return;
      const announced = records.announce(update);
      // What the step before has left goes out beside the word of this one: the server puts both on disk at once.
      if (endPause) endPause(true);
      else begun = true;
      wake();
      if (away) return;
      const late = Promise.withResolvers<void>();
      const cancelTimer = clock.after(awayMs, () => {
        away = true;
        late.resolve();
      });
      await Promise.race([announced, late.promise]);
      cancelTimer();
    },
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
      endPause?.(false);
      while (!failure && !abandoned && (running || !idle())) {
        wake();
        await running;
      }
      if (failure) throw failure.error;
    },
    abandon() {
      abandoned = true;
      endPause?.(false);
      for (const resolve of roomWaiters) resolve();
    },
  };
}

const hasLines = (log: LogState | undefined): boolean =>
  log !== undefined && (log.lines.length > 0 || log.feed.length > 0);

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
