import type { TimelineRecordUpdate } from '../contracts/agent.ts';
import type { Clock } from '../kernel/clock.ts';
import { createBackpressure } from './backpressure.ts';
import { ServerRefusal } from './connection.ts';
import { createLogQueue } from './log-queue.ts';
import type { PlanClient } from './plan-client.ts';
import { createRecordQueue } from './record-queue.ts';

/** Pause between two rounds of sending, in milliseconds: short enough for a person who watches. */
const roundMs = 120;
/** How long a beginning waits for a server that is away, in milliseconds: one that starts anew is back by then. */
const awayMs = 3000;
/** Characters of logs and bytes of attachments that wait before the steps have to. */
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
  /** A line (masked, without time) of a record's log, and of the job's. */
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
  const backpressure = createBackpressure(mostWaiting);
  /** Changes that wait for lines of their records. */
  let held = new Map<string, TimelineRecordUpdate>();
  /** Those of them that the present round will let go. */
  let leaving = new Map<string, TimelineRecordUpdate>();
  let attachments: { recordId: string; type: string; name: string; content: Buffer }[] = [];
  let running: Promise<void> | undefined;
  let finishing = false;
  let abandoned = false;
  /** Nobody took the word of a beginning in time, or anything since. */
  let away = false;
  let failure: { error: unknown } | undefined;

  const fail = (error: unknown) => {
    if (failure) return;
    failure = { error };
    backpressure.release();
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
  const logs = createLogQueue({
    ...options,
    backpressure,
    onMade: (id, logId) => records.add({ id, log: { id: logId } }),
  });
  const enqueue = (update: TimelineRecordUpdate) => {
    const { id } = update;
    const waits = held.has(id) || leaving.has(id) || (update.state === 'completed' && logs.hasLines(id));
    if (waits) held.set(id, { ...held.get(id), ...update });
    else records.add(update);
    wake();
  };

  /** An attachment that the server does not take is said in the job's log: for it alone a job is not given up. */
  const sendAttachment = async ({ recordId, type, name, content }: (typeof attachments)[number]) => {
    try {
      await client.attach(recordId, type, name, content);
    } catch (error) {
      if (!(error instanceof ServerRefusal)) throw error;
      logs.line(jobRecordId, `##[warning]The attachment '${name}' was not taken: ${error.message}`);
    } finally {
      backpressure.remove(content.length);
    }
  };

  /** One round: lines first, so that a record that says "completed" comes after what it printed. */
  const round = async () => {
    leaving = held;
    held = new Map();
    const files = attachments;
    attachments = [];
    await logs.send(finishing ? 'all' : 'due');
    for (const file of files) await sendAttachment(file);
    for (const update of leaving.values()) records.add(update);
    leaving = new Map();
    await (finishing ? records.flush() : records.send());
  };
  const idle = () => records.isEmpty() && held.size === 0 && attachments.length === 0 && logs.isEmpty();

  const pump = async () => {
    try {
      while (!abandoned && !failure && !idle()) {
        // What is told together is sent together.
        if (!finishing) await pause();
        if (!abandoned) await round();
      }
    } catch (error) {
      fail(error);
    } finally {
      running = undefined;
    }
  };
  let endPause: (() => void) | undefined;
  const pause = async (): Promise<void> => {
    const ended = Promise.withResolvers<void>();
    const cancelTimer = clock.after(roundMs, ended.resolve);
    endPause = ended.resolve;
    await ended.promise;
    endPause = undefined;
    cancelTimer();
  };
  const wake = () => {
    if (!running && !failure && !abandoned) running = Promise.resolve().then(pump);
  };

  return {
    record: enqueue,
    async announce(update) {
      if (failure || abandoned) return;
      const announced = records.announce(update);
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
      logs.line(recordId, text);
      wake();
    },
    endLog: logs.end,
    attachment(recordId, type, name, content) {
      backpressure.add(content.length);
      attachments.push({ recordId, type, name, content });
      wake();
    },
    room() {
      return failure || abandoned ? undefined : backpressure.room();
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
      backpressure.release();
    },
  };
}
