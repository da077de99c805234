import { DomainError } from '../../kernel/errors.ts';

type Running<T> = {
  readonly promise: Promise<T>;
  readonly stop: AbortController;
  readonly listeners: Set<(line: string) => void>;
  waiting: number;
};

/**
 * Lets several callers wait for one piece of work by its key. Each hears its lines; one that gives up leaves the others' work alone, and the work is
 * stopped when the last one gives up.
 */
export function shareBuilds<T>() {
  const running = new Map<string, Running<T>>();
  return async (
    key: string,
    log: (line: string) => void,
    signal: AbortSignal,
    work: (say: (line: string) => void, stop: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    let one = running.get(key);
    const listen = (line: string) => log(line);
    if (!one) {
      const stop = new AbortController();
      // The first line may come before the work is waited for.
      const listeners = new Set<(line: string) => void>([listen]);
      const promise = work((line) => {
        for (const listener of listeners) listener(line);
      }, stop.signal).finally(() => {
        if (running.get(key) === one) running.delete(key);
      });
      one = { promise, stop, listeners, waiting: 0 };
      running.set(key, one);
    } else log('waiting for the build of the same environment that another job has begun');
    const mine = one;
    mine.listeners.add(listen);
    mine.waiting++;
    let giveUp = () => {};
    try {
      return await Promise.race([
        mine.promise,
        new Promise<never>((_resolve, reject) => {
          giveUp = () =>
            reject(new DomainError('conflict', 'The build of the environment was canceled.', { wire: 'Canceled' }));
          signal.addEventListener('abort', giveUp, { once: true });
        }),
      ]);
    } finally {
      signal.removeEventListener('abort', giveUp);
      mine.listeners.delete(listen);
      mine.waiting--;
      if (mine.waiting === 0 && running.get(key) === mine) {
        // Whoever asks next begins anew, behind the lock of the one that is being stopped.
        running.delete(key);
        mine.stop.abort();
        mine.promise.catch(() => {});
      }
    }
  };
}
