import type { StoredRun } from './job-rows.ts';

type Found = (StoredRun & { job: string }) | undefined;

/**
 * Looks for reusable runs: what is asked for in one moment, as by the nodes of a layer that start together, is one question.
 * @param read the runs under some keys of a workspace
 */
export function createReusableFinder(
  read: (workspaceId: string, keys: readonly string[]) => Promise<ReadonlyMap<string, NonNullable<Found>>>,
): (workspaceId: string, key: string) => Promise<Found> {
  const asked = new Map<string, { keys: string[]; answer: Promise<ReadonlyMap<string, NonNullable<Found>>> }>();
  return async (workspaceId, key) => {
    let question = asked.get(workspaceId);
    if (!question) {
      const keys: string[] = [];
      const answer = Promise.resolve().then(() => {
        asked.delete(workspaceId);
        return read(workspaceId, keys);
      });
      question = { keys, answer };
      asked.set(workspaceId, question);
    }
    question.keys.push(key);
    return (await question.answer).get(key);
  };
}
