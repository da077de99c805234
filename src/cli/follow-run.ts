import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '../kernel/errors.ts';
import { getBuild, getTimeline } from './client/runs.ts';
import type { ServerClient } from './client/server-client.ts';
import type { Build, TimelineRecord } from './client/wire.ts';
import type { RunView } from './view/run-tree.ts';

/** The server answers a long poll at the latest after this. */
const WAIT_SECONDS = 20;
/** The build is asked at least this often while the timeline changes. */
const BUILD_MS = 1000;
/** A server that restarts is waited for this long. */
const PATIENCE_MS = 60_000;

export type FollowOptions = {
  /** Called with the run whenever something changed, and once more when it is over. */
  onChange(view: RunView): void;
  /** Called once each time the server stops answering. */
  onTrouble?(message: string): void;
  /** A run that changes all the time is told of this often, in milliseconds; its end at once. The server has the steps to run. */
  readonly paceMs: number;
  readonly signal?: AbortSignal;
};

export type FollowedRun = { readonly build: Build; readonly records: readonly TimelineRecord[] };

/**
 * Watches a run to its end by long polls of its timeline; nothing is asked at intervals.
 * @returns the finished build and all its records
 * @throws whatever the server refuses; a server that is away for a minute; an AbortError when `signal` fires
 */
export async function followRun(client: ServerClient, id: number, options: FollowOptions): Promise<FollowedRun> {
  const records = new Map<string, TimelineRecord>();
  let changeId = 0;
  let build: Build | undefined;
  let buildAskedAt = Number.NEGATIVE_INFINITY;
  let awaySince: number | undefined;
  const pause = (milliseconds: number) =>
    sleep(milliseconds, undefined, options.signal ? { signal: options.signal } : {});
  for (;;) {
    const asked = performance.now();
    try {
      const timeline = await getTimeline(
        client,
        id,
        { changeId, seconds: WAIT_SECONDS, paceMs: changeId === 0 ? 0 : options.paceMs },
        options.signal,
      );
      const changed = timeline !== undefined && timeline.changeId !== changeId;
      if (timeline) changeId = timeline.changeId;
      // An answer may hold the whole timeline or what changed since: merging by id serves both.
      for (const record of timeline?.records ?? []) records.set(record.id, record);
      // While something runs the build has little to say: only its end and a cancellation.
      const runs = [...records.values()].some((record) => record.state !== 'completed');
      if (!build || !changed || !runs || performance.now() - buildAskedAt > BUILD_MS) {
        buildAskedAt = performance.now();
        build = await getBuild(client, id);
      }
      awaySince = undefined;
      options.onChange(runView(build, [...records.values()]));
      if (build.status === 'completed') {
        const last = await getTimeline(client, id);
        for (const record of last?.records ?? []) records.set(record.id, record);
        options.onChange(runView(build, [...records.values()]));
        return { build, records: [...records.values()] };
      }
      // A server that doesn't hold the poll would otherwise be asked without a pause.
      if (!changed && performance.now() - asked < 200) await pause(300);
    } catch (error) {
      if (options.signal?.aborted || !(error instanceof DomainError) || error.code !== 'unavailable') throw error;
      if (awaySince === undefined) options.onTrouble?.(`${error.message} Trying again for a minute.`);
      awaySince ??= asked;
      if (performance.now() - awaySince > PATIENCE_MS) throw error;
      await pause(500);
    }
  }
}

/** A build and its records as the views draw them. */
export function runView(build: Build, records: readonly TimelineRecord[]): RunView {
  const status =
    build.status === 'completed' || build.status === 'inProgress' || build.status === 'cancelling'
      ? build.status
      : 'pending';
  const result = build.result && build.result !== 'none' ? build.result : undefined;
  const name = build.definition?.name;
  return {
    title: name && name !== build.buildNumber ? `${build.buildNumber}  ${name}` : build.buildNumber,
    status,
    ...(result ? { result } : {}),
    startTime: build.startTime ?? build.queueTime ?? null,
    finishTime: build.finishTime ?? null,
    records,
    tails: new Map(),
  };
}
