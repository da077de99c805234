import type { Writer } from '../../store/index.ts';
import type { DevopsDeps } from '../deps.ts';
import type { DevopsTables } from '../tables.ts';
import type { LoadedRun } from './engine.ts';
import type { Feed } from './feed.ts';
import type { Logs } from './logs.ts';
import type { ServerTask } from './server-task.ts';
import { readRecords, runTopic, writeRecords } from './timeline.ts';

/**
 * Writes lines to the log of a server task's record; the log is made with its first line. `also` is done in the same transaction; the
 * lines come to nothing when it says false.
 */
export type TaskLog = (
  run: LoadedRun,
  recordId: string,
  lines: readonly string[],
  also: (writer: Writer<DevopsTables>) => Promise<boolean>,
) => Promise<void>;

/** Makes the writer of server tasks' logs. Lines come masked already. */
export function createTaskLog(deps: DevopsDeps, logs: Logs, feed: Feed): TaskLog {
  const { store, vault } = deps;
  return async (run, recordId, lines, also) => {
    if (lines.length === 0) {
      if (await store.write(also)) deps.events.publish(runTopic(run.runId));
      return;
    }
    const record = (await readRecords(store.read, vault, run.planId)).find((one) => one.id === recordId);
    let logId = record?.log?.id;
    if (logId === undefined) {
      const log = await logs.create(run.runId, `logs\\${recordId}`);
      logId = log.id;
      const at = deps.clock.now().toISOString();
      const update = { id: recordId, log: { id: log.id } };
      await store.write((writer) => writeRecords(writer, vault, run.planId, at, [update]));
    }
    const stamp = deps.clock.now().toISOString().replace('Z', '0000Z');
    let counts = false;
    await logs.append(
      run.runId,
      logId,
      Buffer.from(lines.map((line) => `${stamp} ${line}\n`).join('')),
      async (writer) => {
        counts = await also(writer);
        return counts;
      },
    );
    if (!counts) return;
    feed.add(run.runId, recordId, lines);
    deps.events.publish(runTopic(run.runId));
  };
}

/** The block that a task's log begins with, as agents write it (agent source). */
export function headerOf(task: ServerTask, name: string): string[] {
  const { manifest } = task;
  const rule = '='.repeat(78);
  return [
    `##[section]Starting: ${name}`,
    rule,
    `Task         : ${manifest.friendlyName}`,
    `Description  : ${manifest.description}`,
    `Version      : ${versionOf(task)}`,
    `Author       : ${manifest.author}`,
    `Help         : ${manifest.helpUrl ?? manifest.helpMarkDown ?? ''}`,
    rule,
  ];
}

/** A server task's version as text. */
export function versionOf({ manifest: { version } }: ServerTask): string {
  return `${version.Major}.${version.Minor}.${version.Patch}`;
}
