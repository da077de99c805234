import type { TimelineRecordUpdate } from '../contracts/agent.ts';

/** Records a request: a job's first request brings all of its steps. */
const recordsPerRequest = 100;

/** Changes of timeline records on their way to the server: in order, one request at a time, what waits for its turn merged. */
export type RecordQueue = {
  /** Later fields win over ones that have not been sent yet. */
  add(update: TimelineRecordUpdate): void;
  isEmpty(): boolean;
  /** Sends what waits and resolves when all of it is acknowledged. @throws what sending finally failed with */
  flush(): Promise<void>;
  /**
   * Sends what waits and resolves when it has left this process: everything before it is acknowledged, and it is written to an open
   * connection, from where it reaches the server even if this process dies. Resolves too when the sending fails for good.
   */
  sent(): Promise<void>;
};

/** Makes the queue. @param send makes one request, and calls `onSent` when the last byte of a try is with the system */
export function createRecordQueue(
  send: (records: readonly TimelineRecordUpdate[], onSent: () => void) => Promise<void>,
): RecordQueue {
  const waiting = new Map<string, TimelineRecordUpdate>();
  let sending: Promise<void> | undefined;
  /** Whoever waits for what waits to leave. */
  let left: PromiseWithResolvers<void> | undefined;

  const sendAll = async () => {
    let watched: PromiseWithResolvers<void> | undefined;
    try {
      while (waiting.size > 0) {
        const records = [...waiting.values()].slice(0, recordsPerRequest);
        for (const { id } of records) waiting.delete(id);
        if (waiting.size === 0) {
          watched = left;
          left = undefined;
        }
        await send(records, () => watched?.resolve());
        watched?.resolve();
      }
    } finally {
      sending = undefined;
      watched?.resolve();
      left?.resolve();
      left = undefined;
    }
  };
  const flush = async () => {
    while (sending || waiting.size > 0) {
      sending ??= sendAll();
      await sending;
    }
  };
  return {
    add: (update) => void waiting.set(update.id, { ...waiting.get(update.id), ...update }),
    isEmpty: () => waiting.size === 0 && !sending,
    flush,
    async sent() {
      if (waiting.size === 0) return sending?.catch(() => {});
      left ??= Promise.withResolvers();
      const mine = left.promise;
      // Who makes the requests sees to their failure.
      flush().catch(() => {});
      await mine;
    },
  };
}
