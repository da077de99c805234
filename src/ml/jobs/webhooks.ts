import type { Outbound } from '../../http/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { invalid } from '../../kernel/errors.ts';
import { newGuid } from '../../kernel/ids.ts';
import type { Log } from '../../kernel/log.ts';
import type { Store, Vault } from '../../store/index.ts';
import type { MlTables } from '../tables.ts';
import type { JobStatus } from '../types.ts';
import { fieldOf, isObject, type Json, objectField, textField } from '../wire-fields.ts';

/** First pause between tries; doubles up to the longest. */
const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5 * 60_000;
/** Some two days of tries: as long as a server task waits. */
const TRIES = 600;
const CALL_TIMEOUT_MS = 20_000;
const LIMIT_OF_A_JOB = 20;

/** Where to say that a job ended: the events of an Azure Pipelines plan, with the token of the waiting task. */
type Target = {
  readonly planUri: string;
  readonly projectId: string;
  readonly hubName: string;
  readonly planId: string;
  readonly jobId: string;
  readonly taskInstanceId: string;
  readonly authToken: string;
};

export type Webhooks = {
  /** Adds, replaces or (null) removes the webhooks of a job. @throws invalid for one that lacks a field or is of another kind */
  set(workspaceId: string, job: string, webhooks: Json): Promise<void>;
  /** The webhooks as they may be shown: without tokens. */
  shown(workspaceId: string, job: string): Promise<Readonly<Record<string, unknown>>>;
  /** The job has ended: calls what is owed, again and again until it is taken or refused. */
  fire(workspaceId: string, job: string, status: JobStatus): Promise<void>;
  stop(): void;
};

const RESULT: Partial<Record<JobStatus, string>> = { Completed: 'succeeded', Failed: 'failed', Canceled: 'canceled' };

const segment = encodeURIComponent;

export function createWebhooks(deps: {
  store: Store<MlTables>;
  vault: Vault;
  outbound: Outbound;
  clock: Clock;
  log: Log;
}): Webhooks {
  const { store, vault, clock, log } = deps;
  const timers = new Set<() => void>();
  let stopped = false;

  const call = async (id: string, status: JobStatus): Promise<void> => {
    const row = await store.read
      .selectFrom('ml_webhooks')
      .selectAll()
      .where('id', '=', id)
      .where('state', '=', 'owed')
      .executeTakeFirst();
    if (!row || stopped) return;
    const target = JSON.parse(vault.open(row.target)) as Target;
    const answer = await deps
      .outbound({
        method: 'POST',
        url: `${target.planUri.replace(/\/+$/, '')}/${segment(target.projectId)}/_apis/distributedtask/hubs/${segment(target.hubName)}/plans/${segment(target.planId)}/events?api-version=2.0-preview.1`,
        headers: {
          'content-type': 'application/json',
          authorization: `Basic ${Buffer.from(`:${target.authToken}`).toString('base64')}`,
        },
        body: JSON.stringify({
          name: 'TaskCompleted',
          taskId: target.taskInstanceId,
          jobId: target.jobId,
          result: RESULT[status] ?? 'failed',
        }),
        timeoutMs: CALL_TIMEOUT_MS,
      })
      .then((got) => got.status)
      .catch((error: Error) => error.message);
    const taken = typeof answer === 'number' && answer >= 200 && answer < 300;
    // The plan is gone, or the token's time is over: no later try can succeed.
    const refused = typeof answer === 'number' && answer >= 400 && answer < 500 && answer !== 408 && answer !== 429;
    const attempts = row.attempts + 1;
    const state = taken ? 'delivered' : refused || attempts >= TRIES ? 'given-up' : 'owed';
    await store.write((writer) =>
      writer
        .updateTable('ml_webhooks')
        // What was delivered or given up needs no token any more.
        .set({ state, attempts, ...(state === 'owed' ? {} : { target: vault.seal('{}') }) })
        .where('id', '=', id)
        .execute(),
    );
    if (state === 'given-up') log.warn({ job: row.job, webhook: row.name, answer }, 'a webhook was not taken');
    if (state !== 'owed' || stopped) return;
    const forget = clock.after(Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** Math.min(attempts - 1, 20)), () => {
      timers.delete(forget);
      void call(id, status).catch((error) => log.error({ error, job: row.job }, 'a webhook could not be called'));
    });
    timers.add(forget);
  };

  return {
    async set(workspaceId, job, webhooks) {
      const entries = Object.entries(webhooks).map(([name, hook]) => ({
        name,
        hook,
        target: hook === null ? undefined : targetOf(name, hook),
      }));
      if (entries.length > LIMIT_OF_A_JOB) throw invalid(`A job takes at most ${LIMIT_OF_A_JOB} webhooks.`);
      await store.write(async (writer) => {
        for (const { name, hook, target } of entries) {
          await writer
            .deleteFrom('ml_webhooks')
            .where('workspace_id', '=', workspaceId)
            .where('job', '=', job)
            .where('name', '=', name)
            .execute();
          if (target === undefined) continue;
          await writer
            .insertInto('ml_webhooks')
            .values({
              id: newGuid(),
              workspace_id: workspaceId,
              job,
              name,
              shown: JSON.stringify(shownOf(hook)),
              target: vault.seal(JSON.stringify(target)),
              state: 'waiting',
              attempts: 0,
            })
            .execute();
        }
      });
    },
    async shown(workspaceId, job) {
      const rows = await store.read
        .selectFrom('ml_webhooks')
        .select(['name', 'shown'])
        .where('workspace_id', '=', workspaceId)
        .where('job', '=', job)
        .execute();
      return Object.fromEntries(rows.map((row) => [row.name, JSON.parse(row.shown) as unknown]));
    },
    async fire(workspaceId, job, status) {
      const rows = await store.read
        .selectFrom('ml_webhooks')
        .select(['id', 'state'])
        .where('workspace_id', '=', workspaceId)
        .where('job', '=', job)
        .where('state', 'in', ['waiting', 'owed'])
        .execute();
      if (rows.length === 0) return;
      const ids = rows.map((row) => row.id);
      await store.write((writer) =>
        writer.updateTable('ml_webhooks').set({ state: 'owed' }).where('id', 'in', ids).execute(),
      );
      for (const id of ids)
        void call(id, status).catch((error) => log.error({ error, job }, 'a webhook could not be called'));
    },
    stop() {
      stopped = true;
      for (const forget of timers) forget();
    },
  };
}

function targetOf(name: string, hook: unknown): Target {
  if (!isObject(hook)) throw invalid(`The webhook '${name}' must be an object.`);
  const type = textField(hook, 'webhookType');
  if (type?.toLowerCase() !== 'azuredevops')
    throw invalid(`The webhook '${name}' has the type '${type ?? ''}'. Only AzureDevOps is known.`, {
      target: 'webhookType',
    });
  const event = textField(hook, 'eventType');
  if (event !== undefined && event.toLowerCase() !== 'runterminated')
    throw invalid(`The webhook '${name}' asks for the event '${event}'. Only RunTerminated is sent.`, {
      target: 'eventType',
    });
  const need = (field: string) => {
    const value = textField(hook, field);
    if (value === undefined || value === '')
      throw invalid(`The webhook '${name}' lacks '${field}'.`, { target: field });
    return value;
  };
  return {
    planUri: need('planUri'),
    projectId: need('projectId'),
    hubName: need('hubName'),
    planId: need('planId'),
    jobId: need('jobId'),
    taskInstanceId: need('taskInstanceId'),
    authToken: need('authToken'),
  };
}

function shownOf(hook: unknown): Json {
  const plain = objectField({ hook }, 'hook');
  return {
    webhookType: fieldOf(plain, 'webhookType'),
    ...(fieldOf(plain, 'eventType') === undefined ? {} : { eventType: fieldOf(plain, 'eventType') }),
  };
}
