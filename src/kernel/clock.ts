/** The time, handed in wherever it is read, so that tests own it. */
export type Clock = {
  /** The present instant. */
  now(): Date;
  /** Calls `wake` once after `milliseconds`; the answer cancels it. Does not keep the process alive. */
  after(milliseconds: number, wake: () => void): () => void;
};

export const systemClock: Clock = {
  now: () => new Date(),
  after(milliseconds, wake) {
    // A longer delay than 2^31-1 ms would fire at once: wake at the limit instead; callers re-check the time anyway.
    const timer = setTimeout(wake, Math.min(Math.max(0, milliseconds), 0x7fffffff));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** A clock that stands still until told. `advance` fires the timers that have come due, in order of their time. */
export type FakeClock = Clock & { advance(milliseconds: number): void };

/** Makes a fake clock that begins at `start` (milliseconds since 1970, UTC). */
export function fakeClock(start = Date.UTC(2026, 0, 1)): FakeClock {
  let time = start;
  let timers: { at: number; wake: () => void }[] = [];
  return {
    now: () => new Date(time),
    after(milliseconds, wake) {
      const timer = { at: time + Math.max(0, milliseconds), wake };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(milliseconds) {
      const end = time + milliseconds;
      for (;;) {
        const next = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        timers = timers.filter((timer) => timer !== next);
        time = Math.max(time, next.at);
        next.wake();
      }
      time = end;
    },
  };
}
