// The agent as a program: reads its settings from standard input, runs one job, and ends.
import { closeSync, writeSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { runAgent } from '../agent/index.ts';
import type { AgentSettings } from './agent-settings.ts';
import { findInstallation } from './installation.ts';
import { openProcessLog } from './process-log.ts';
import { readTaskCatalog } from './task-catalog.ts';

/** The stream on which the pool hears that this agent has taken a job. */
const BUSY_STREAM = 3;

const settings = JSON.parse(await text(process.stdin)) as AgentSettings;
const installation = findInstallation();
const end = new AbortController();
process.on('SIGTERM', () => end.abort());
process.on('SIGINT', () => end.abort());
process.exitCode = await runAgent({
  ...settings,
  version: installation.version,
  homeFolder: installation.root,
  tasks: readTaskCatalog(installation),
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
