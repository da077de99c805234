import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JobRequest, JobStep } from '../contracts/agent.ts';
import { newGuid } from '../kernel/ids.ts';
import type { Connection } from './connection.ts';
import { type JobOptions, runJob } from './job.ts';

/** A warm agent rehearses when it has waited for this long, in milliseconds: one that gets its job at once never does. */
const IDLE_MS = 150;

/** The task Bash@3. */
const BASH = '6c731c3c-3c68-459a-a5c9-bde6e6595b5b';
/** Steps of a rehearsal: what a step and a request run through is called often enough to be compiled then; more of them gain nothing. */
const STEPS = 16;

/** What an agent lends to its rehearsal: its own settings. */
export type RehearsalOptions = Pick<
  JobOptions,
  'agentName' | 'agentVersion' | 'workFolder' | 'homeFolder' | 'tasks' | 'env' | 'clock' | 'connection'
> & { readonly poolId: number };

/**
 * Goes through a job of empty scripts while the agent waits for its first: the way into a job, through a step and to the server is then
 * compiled and in memory. The server takes what is told of it and keeps nothing, and its folder is removed.
 * @returns what calls it off, or ends it
 */
export function rehearseWhenIdle(options: RehearsalOptions): () => void {
  const called = new AbortController();
  const cancelTimer = options.clock.after(IDLE_MS, () => {
    // Only a help: an agent that can't rehearse, as on a full disk, runs its job all the same, and says then what is wrong.
    rehearse(options, called).catch(() => {});
  });
  return () => {
    cancelTimer();
    called.abort();
  };
}

/**
 * Runs the job. Folders that can't be made fail the job, as any, and a server that doesn't answer ends it; nobody hears of either.
 * @param called ends the rehearsal when it is aborted
 */
export async function rehearse(options: RehearsalOptions, called = new AbortController()): Promise<void> {
  const workFolder = join(options.workFolder, '_rehearsal');
  const never = new AbortController();
  try {
    await runJob({
      ...options,
      workFolder,
      connection: audience(options),
      job: emptyJob(),
      watchdog: { guard() {}, release() {}, close() {} },
      canceled: new AbortController(),
      lost: called,
      expired: never.signal,
      asked: never.signal,
    });
  } finally {
    rmSync(workFolder, { recursive: true, force: true });
  }
}

/** Hears every request of the job, and answers as the server that has carried it out. */
function audience({ connection, poolId }: RehearsalOptions): Connection {
  return {
    ...connection,
    async send({ token: _, ...request }) {
      const path = `/_apis/distributedtask/pools/${poolId}/rehearsals?api-version=7.1`;
      const { tries } = await connection.send({ ...request, method: 'POST', path, retryMs: 0 });
      return { status: 200, text: '{"id":1,"value":[]}', tries };
    },
    close() {},
  };
}

function emptyJob(): JobRequest {
  const [jobId, planId, secret] = [newGuid(), newGuid(), newGuid()];
  return {
    messageType: 'PipelineAgentJobRequest',
    plan: { scopeIdentifier: planId, planType: 'build', planId, version: 13 },
    timeline: { id: planId },
    jobId,
    jobDisplayName: 'Rehearsal',
    jobName: 'rehearsal',
    requestId: 0,
    lockToken: secret,
    lockedUntil: '',
    variables: { 'system.accessToken': { value: secret, isSecret: true }, 'system.definitionId': { value: '0' } },
    mask: [],
    resources: {
      endpoints: [
        {
          id: 'SystemVssConnection',
          name: 'SystemVssConnection',
          type: 'systemvssconnection',
          url: 'http://localhost',
          authorization: { scheme: 'OAuth', parameters: { AccessToken: secret } },
          data: {},
        },
      ],
      repositories: [],
    },
    timeoutInMinutes: 0,
    cancelTimeoutInMinutes: 1,
    steps: Array.from({ length: STEPS }, emptyStep),
    processEnvironment: {},
    prependPath: [],
  };
}

function emptyStep(): JobStep {
  return {
    type: 'task',
    id: newGuid(),
    name: 'rehearsal',
    named: false,
    displayName: '',
    reference: { id: BASH, name: 'Bash', version: '3.0.0' },
    inputs: { targetType: 'inline', script: ':' },
    environment: {},
    condition: 'succeeded()',
    continueOnError: true,
    timeoutInMinutes: 0,
    retryCountOnTaskFailure: 0,
  };
}
