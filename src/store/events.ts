/**
 * The one event bus: wakes whoever waits for a topic. It carries no data, only "look again", so a lost or doubled
 * wake-up changes nothing; a slow sweep is the safety net.
 */
export type EventBus = {
  publish(topic: string): void;
  /** Calls `listener` on each publish; the answer ends it. */
  subscribe(topic: string, listener: () => void): () => void;
  /** Resolves true at the next publish of the topic, false after `milliseconds` or when the signal aborts. */
  wait(topic: string, milliseconds: number, signal?: AbortSignal): Promise<boolean>;
};

/** A bus for one process. */
export function createEventBus(): EventBus {
  const listeners = new Map<string, Set<() => void>>();
  const subscribe = (topic: string, listener: () => void) => {
    const set = listeners.get(topic) ?? new Set();
    listeners.set(topic, set.add(listener));
    return () => {
      set.delete(listener);
      if (set.size === 0) listeners.delete(topic);
    };
  };
  return {
    subscribe,
    publish(topic) {
      for (const listener of [...(listeners.get(topic) ?? [])]) listener();
    },
    wait(topic, milliseconds, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted) return resolve(false);
        const finish = (woken: boolean) => {
          end();
          clearTimeout(timer);
          signal?.removeEventListener('abort', stop);
          resolve(woken);
        };
        const stop = () => finish(false);
        const timer = setTimeout(stop, milliseconds);
        timer.unref();
        const end = subscribe(topic, () => finish(true));
        signal?.addEventListener('abort', stop, { once: true });
      });
    },
  };
}
