import type { TimelineRecordUpdate } from '../contracts/agent.ts';

/** Records that a request brings along: a job's first brings all of its steps. */
const recordsPerRequest = 100;
/** Announcements on their way at one time; more than these would only wait in the server. */
const mostAhead = 8;

/**
 * Changes of timeline records on their way to the server. Those of one record arrive in their order; what waits for its turn is merged.
 */
export type RecordQueue = {
  /** Later fields win over ones that have not been sent yet. */
  add(update: TimelineRecordUpdate): void;
  isEmpty(): boolean;
  /** Sends what waits and may be sent now; resolves when that is acknowledged. @throws what sending finally failed with */
  send(): Promise<void>;
  /** Sends what waits and resolves when all of it is acknowledged. @throws what sending finally failed with */
  flush(): Promise<void>;
  /**
   * As `add`, and sends it at once, beside what is on its way for other records. Resolves when it is written to an open
   * connection, from where it reaches the server even if this process dies, and too when the sending fails for good.
   */
  announce(update: TimelineRecordUpdate): Promise<void>;
};

/** Makes the queue. @param send makes one request, and calls `onSent` when the last byte of a try is with the system */
export function createRecordQueue(
  send: (records: readonly TimelineRecordUpdate[], onSent: () => void) => Promise<void>,
): RecordQueue {
  const waiting = new Map<string, TimelineRecordUpdate>();
  /** Who waits for a waiting change to be written. */
  const watchers = new Map<string, PromiseWithResolvers<void>>();
  /** Records whose changes are sent and not acknowledged. */
  const under = new Set<string>();
  const requests = new Set<Promise<void>>();

  const request = (records: readonly TimelineRecordUpdate[]): Promise<void> => {
    const ids = records.map(({ id }) => id);
    const watching = ids.flatMap((id) => watchers.get(id) ?? []);
    const written = () => {
      for (const watcher of watching) watcher.resolve();
    };
    for (const id of ids) {
      waiting.delete(id);
      watchers.delete(id);
      under.add(id);
    }
    const made = send(records, written).finally(() => {
      requests.delete(made);
      for (const id of ids) under.delete(id);
      written();
    });
    requests.add(made);
    return made;
  };
  const sendable = () => [...waiting.values()].filter(({ id }) => !under.has(id)).slice(0, recordsPerRequest);
  const add = (update: TimelineRecordUpdate) => void waiting.set(update.id, { ...waiting.get(update.id), ...update });
  // Who sends sees to a failure; where one only waits for a turn, it is the end of the waiting.
  const oneIsOver = () => Promise.race(requests).catch(() => {});

  return {
    add,
    isEmpty: () => waiting.size === 0 && requests.size === 0,
    async send() {
      const records = sendable();
      if (records.length > 0) await request(records);
    },
    async flush() {
      while (waiting.size > 0 || requests.size > 0) {
        const records = sendable();
        await (records.length > 0 ? request(records) : Promise.race(requests));
      }
    },
    async announce(update) {
      add(update);
      const watcher = watchers.get(update.id) ?? Promise.withResolvers<void>();
      watchers.set(update.id, watcher);
      while (waiting.has(update.id) && (under.has(update.id) || requests.size >= mostAhead)) await oneIsOver();
      const own = waiting.get(update.id);
      if (own) {
        waiting.delete(update.id);
        // What waits besides goes along.
        request([own, ...sendable()]).catch(() => {});
      }
      await watcher.promise;
    },
  };
}
