import { setTimeout as sleep } from 'node:timers/promises';

export type RetryOptions = {
  /** How long to go on, in milliseconds from the first try. */
  readonly forMs: number;
  /** First pause; doubles after each try up to `maxPauseMs`. */
  readonly pauseMs?: number;
  readonly maxPauseMs?: number;
  readonly signal?: AbortSignal;
  /** Whether this failure is worth another try. Default: every failure is. */
  readonly when?: (error: unknown) => boolean;
};

/** Runs `attempt` until it succeeds, the time is over or a failure is not worth a retry; then throws the last failure. */
export async function retry<T>(options: RetryOptions, attempt: () => Promise<T>): Promise<T> {
  const end = performance.now() + options.forMs;
  let pause = options.pauseMs ?? 50;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const worth = options.when ? options.when(error) : true;
      if (!worth || options.signal?.aborted || performance.now() + pause > end) throw error;
      await sleep(pause, undefined, options.signal ? { signal: options.signal } : {});
      pause = Math.min(pause * 2, options.maxPauseMs ?? 2000);
    }
  }
}
