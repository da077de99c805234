/** Holds up who makes more than can be taken away. */
export type Backpressure = {
  /** So much more waits. */
  add(size: number): void;
  /** So much less waits. */
  remove(size: number): void;
  /** Resolves when there is room again; undefined when there is. */
  room(): Promise<void> | undefined;
  /** Lets all go on that wait for room. */
  release(): void;
};

/** @param most what may wait before others have to; they go on when it is half of that */
export function createBackpressure(most: number): Backpressure {
  let waiting = 0;
  let held: (() => void)[] = [];
  const release = () => {
    for (const resolve of held) resolve();
    held = [];
  };
  return {
    add(size) {
      waiting += size;
    },
    remove(size) {
      waiting -= size;
      if (waiting < most / 2) release();
    },
    room: () => (waiting < most ? undefined : new Promise((resolve) => held.push(resolve))),
    release,
  };
}
