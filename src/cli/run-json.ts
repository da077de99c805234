import type { Build, TimelineRecord } from './client/wire.ts';
import { byCodeUnit } from './view/order.ts';

/** A run as `--json` prints it: the build's own fields, and its records without links, in the order of their start. */
export function runJson(build: Build, records: readonly TimelineRecord[]): object {
  return {
    id: build.id,
    name: build.buildNumber,
    pipeline: build.definition?.name ?? null,
    status: build.status,
    result: build.result ?? null,
    queueTime: build.queueTime ?? null,
    startTime: build.startTime ?? null,
    finishTime: build.finishTime ?? null,
    records: [...records]
      .sort((a, b) => byCodeUnit(a.startTime ?? '~', b.startTime ?? '~') || (a.order ?? 0) - (b.order ?? 0))
      .map((record) => ({
        id: record.id,
        parentId: record.parentId ?? null,
        type: record.type,
        name: record.name,
        refName: record.refName ?? null,
        state: record.state,
        result: record.result ?? null,
        startTime: record.startTime ?? null,
        finishTime: record.finishTime ?? null,
        logId: record.log?.id ?? null,
        issues: (record.issues ?? []).map(({ type, message }) => ({ type, message })),
      })),
  };
}
