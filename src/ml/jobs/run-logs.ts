import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ARTIFACT_CONTAINER, artifactPrefix } from '../places.ts';
import type { BlobAccess, Workspace } from '../types.ts';

/** Where a run's log lies: it is a blob of the run's artifacts from its first line on. */
export function runArtifact(blobs: BlobAccess, workspace: Workspace, runId: string, path: string): string {
  return blobs.pathOf(workspace.storageAccount, ARTIFACT_CONTAINER, `${artifactPrefix(runId)}/${path}`);
}

/** The log's name for one of a launch's processes (documented; names whose digits are all 0 are streamed by clients). */
export function logName(index: number, count: number): string {
  return count === 1 ? 'user_logs/std_log.txt' : `user_logs/std_log_process_${String(index).padStart(2, '0')}.txt`;
}

/** Adds lines to a log, made when it isn't there. */
export async function appendLog(file: string, lines: readonly string[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await appendFile(file, lines.map((line) => `${line}\n`).join(''));
}
