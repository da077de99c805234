/** Runs work on one path at a time, in the order in which it was asked for. */
export type PathLocks = <T>(path: string, work: () => Promise<T>) => Promise<T>;

export function createPathLocks(): PathLocks {
  const tails = new Map<string, Promise<unknown>>();
  return async (path, work) => {
    const before = tails.get(path) ?? Promise.resolve();
    const mine = before.then(work, work);
    const tail = mine.catch(() => {});
    tails.set(path, tail);
    try {
      return await mine;
    } finally {
      if (tails.get(path) === tail) tails.delete(path);
    }
  };
}
