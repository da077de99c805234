import { closeSync, createReadStream, writeSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { runAgent } from '../agent/index.ts';
import type { AgentSettings } from './agent-settings.ts';
import { findInstallation } from './installation.ts';
import { openProcessLog } from './process-log.ts';
import { readTaskCatalog } from './task-catalog.ts';

/** The stream on which the pool hears that this agent has taken a job. */
const BUSY_STREAM = 3;

/** Where the pool writes the settings. As a file: `process.stdin` makes a socket of it, and of standard error to compare the two. */
const SETTINGS_STREAM = 0;

/** Runs the agent of this process. @returns its exit code */
export async function runAgentProcess(): Promise<number> {
  const end = new AbortController();
  process.on('SIGTERM', () => end.abort());
  process.on('SIGINT', () => end.abort());
  const installation = findInstallation();
  const tasks = readTaskCatalog(installation);
  const given = await text(createReadStream('', { fd: SETTINGS_STREAM }));
  // The server ended, or could not start, before it had anything for us to do.
  if (given === '') return 0;
  const settings = JSON.parse(given) as AgentSettings;
  return runAgent({
    ...settings,
    version: installation.version,
    homeFolder: installation.root,
    tasks,
    env: process.env,
    once: true,
    signal: end.signal,
    onJob() {
      try {
        writeSync(BUSY_STREAM, 'busy\n');
        closeSync(BUSY_STREAM);
      } catch {
        // The pool that started this agent is gone; the job goes on all the same.
      }
    },
    log: openProcessLog(`${settings.workFolder}/../agent.log`, process.env),
  });
}
