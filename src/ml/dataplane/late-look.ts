import type { RunView } from '../types.ts';

/** How long after its end a run may still be shown as finalizing, once, to a client that has not looked at it before. */
const WINDOW = 60 * 1000;

export type LateLooks = {
  /** The run as the client `userAgent` is to be shown it. */
  see(run: RunView, userAgent: string | undefined, now: Date): RunView;
};

/**
 * The public SDK prints a job's log only in turns in which the job has not ended (client source): of a job that ends before the SDK first looks,
 * which on the service no job does, it would print nothing. So its first look at a run that has just ended finds it `Finalizing`,
 * the state through which every run goes; the next look finds it ended, with the whole log.
 */
export function createLateLooks(): LateLooks {
  const seen = new Map<string, number>();
  return {
    see(run, userAgent, now) {
      if (run.kind === 'pipeline' || !/\bazure-ai-ml\//i.test(userAgent ?? '')) return run;
      const key = `${run.workspace.id}/${run.runId}`;
      const time = now.getTime();
      for (const [old, when] of seen) {
        if (time - when <= WINDOW) break;
        seen.delete(old);
      }
      const isFirst = !seen.delete(key);
      seen.set(key, time);
      const justEnded = run.endedAt !== undefined && time - Date.parse(run.endedAt) < WINDOW;
      return isFirst && justEnded ? { ...run, status: 'Finalizing' } : run;
    },
  };
}
