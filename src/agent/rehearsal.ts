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
/** Steps of a rehearsal: the first takes three times as long as the third, those after it little longer than that. */
const STEPS = 4;

/** What an agent lends to its rehearsal: its own settings, but for the server. */
export type RehearsalOptions = Pick<
  JobOptions,
  'agentName' | 'agentVersion' | 'workFolder' | 'homeFolder' | 'tasks' | 'env' | 'clock'
>;

/**
 * Goes through a job of a few empty scripts while the agent waits for its first: the way into a job and through a step is then compiled and
 * in memory, which takes a third off the time until the first step begins. Nobody hears of it, and its folder is removed.
 * @returns what calls it off, as far as it hasn't begun
 */
export function rehearseWhenIdle(options: RehearsalOptions): () => void {
  return options.clock.after(IDLE_MS, () => {
    // Only a help: an agent that can't rehearse, as on a full disk, runs its job all the same, and says then what is wrong.
    rehearse(options).catch(() => {});
  });
}

/** Runs the job. Folders that can't be made fail the job, as any, and nobody hears of it. */
export async function rehearse(options: RehearsalOptions): Promise<void> {
  const workFolder = join(options.workFolder, '_rehearsal');
  const never = new AbortController();
  try {
    await runJob({
      ...options,
      workFolder,
      connection: nobody,
      job: emptyJob(),
      watchdog: { guard() {}, release() {}, close() {} },
      canceled: new AbortController(),
      lost: new AbortController(),
      expired: never.signal,
      asked: never.signal,
    });
  } finally {
    rmSync(workFolder, { recursive: true, force: true });
  }
}

/** Takes everything, as a server that is always right. */
const nobody: Connection = {
  url: () => 'http://localhost',
  token: () => newGuid(),
  send: async (request) => {
    request.onSent?.();
    return { status: 200, text: '{"id":1,"value":[]}', tries: 1 };
  },
  close() {},
};

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
