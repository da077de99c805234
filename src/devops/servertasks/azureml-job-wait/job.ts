import type { TimelineResult } from '../../../contracts/agent.ts';
import { invalid, unavailable } from '../../../kernel/errors.ts';
import type { ServerTaskContext } from '../../runs/server-task.ts';

/** What the task reads of a job or of a node of it, from either side of the service. */
export type JobView = {
  readonly name: string;
  readonly displayName: string;
  readonly status: string;
  readonly startTime?: string;
  readonly endTime?: string;
  readonly error?: string;
  readonly studioUrl?: string;
};

const RESULTS: Readonly<Record<string, TimelineResult>> = {
  completed: 'succeeded',
  finished: 'succeeded',
  failed: 'failed',
  notresponding: 'failed',
  canceled: 'canceled',
};

/** The result that a job's status means, or undefined while it goes on. */
export const resultOf = (status: string): TimelineResult | undefined => RESULTS[status.toLowerCase()];

/** The job that a step waits for, as its connection reaches it. */
export type JobAccess = {
  readonly jobUrl: string;
  read(): Promise<JobView>;
  children(): Promise<JobView[]>;
  /** The last lines of the log of the job itself, or of the first of its nodes that failed. */
  logTail(runId: string, lines: number): Promise<string[]>;
  subscribe(): Promise<void>;
  cancel(): Promise<void>;
};

const ANSWER_MS = 20_000;

/** Opens the job that the inputs name. @throws invalid for an input that is missing */
export async function openJob(context: ServerTaskContext): Promise<JobAccess> {
  for (const name of ['resourceGroupName', 'azureMLWorkspaceName', 'azureMLJobName'])
    if (context.input(name) === '')
      throw invalid(
        `Input '${name}' of AzureMLJobWaitTask is empty. When it comes from an output variable, see that the earlier job sets it.`,
      );
  const endpoint = await context.endpoint('serviceConnection');
  const token = await context.accessToken(endpoint, 'https://management.azure.com');
  const subscription = endpoint.data['subscriptionId'] ?? endpoint.data['SubscriptionId'] ?? '';
  const part = (name: string) => encodeURIComponent(context.input(name));
  const workspace = `/subscriptions/${subscription}/resourceGroups/${part('resourceGroupName')}/providers/Microsoft.MachineLearningServices/workspaces/${part('azureMLWorkspaceName')}`;
  const job = context.input('azureMLJobName');
  const jobUrl = `https://management.azure.com${workspace}/jobs/${encodeURIComponent(job)}`;
  const history = `https://eastus.api.azureml.ms/history/v1.0${workspace}/runs`;

  const call = async (method: string, url: string, body?: unknown): Promise<unknown> => {
    const answer = await context.outbound({
      method,
      url,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timeoutMs: ANSWER_MS,
    });
    const parsed: unknown = answer.body === '' ? undefined : parse(answer.body);
    if (answer.status >= 200 && answer.status < 300) return parsed;
    const reason =
      (parsed as { error?: { message?: string } } | undefined)?.error?.message ?? answer.body.slice(0, 300);
    const text = `The service answered ${answer.status} for job '${job}': ${reason}`;
    throw answer.status >= 500 ? unavailable(text) : invalid(text);
  };

  return {
    jobUrl,
    async read() {
      const answer = (await call('GET', `${jobUrl}?api-version=2024-04-01`)) as {
        name: string;
        properties: { displayName?: string; status?: string; services?: Record<string, { endpoint?: string }> };
      };
      const run = await call('GET', `${history}/${encodeURIComponent(job)}`).catch(() => undefined);
      const view = run === undefined ? undefined : viewOf(run);
      const studioUrl = answer.properties.services?.['Studio']?.endpoint;
      return {
        ...view,
        name: answer.name,
        displayName: answer.properties.displayName ?? answer.name,
        status: answer.properties.status ?? view?.status ?? 'Unknown',
        ...(studioUrl ? { studioUrl } : {}),
      };
    },
    async children() {
      const answer = (await call('GET', `${history}/${encodeURIComponent(job)}/children?$top=500`)) as {
        value?: unknown[];
      };
      return (answer.value ?? []).map(viewOf);
    },
    async logTail(runId, lines) {
      const details = (await call('GET', `${history}/${encodeURIComponent(runId)}/details`)) as {
        logFiles?: Record<string, string>;
      };
      const files = details.logFiles ?? {};
      const url =
        files['user_logs/std_log.txt'] ?? Object.entries(files).find(([name]) => name.startsWith('user_logs/'))?.[1];
      if (url === undefined) return [];
      const answer = await context.outbound({ method: 'GET', url, timeoutMs: ANSWER_MS });
      return answer.status === 200 ? answer.body.trimEnd().split('\n').slice(-lines) : [];
    },
    // The same webhook that the tutorial's generic variant writes by hand.
    async subscribe() {
      const webhook = {
        WebhookType: 'AzureDevOps',
        EventType: 'RunTerminated',
        PlanUri: context.variable('system.collectionUri'),
        ProjectId: context.variable('system.teamProjectId'),
        HubName: context.variable('system.hostType'),
        PlanId: context.variable('system.planId'),
        JobId: context.variable('system.jobId'),
        TimelineId: context.variable('system.timelineId'),
        TaskInstanceId: context.variable('system.taskInstanceId'),
        AuthToken: context.variable('system.accessToken'),
      };
      const name = `ADO_Webhook_${context.variable('system.timelineId')}_${context.recordId}`;
      await call('PATCH', `${jobUrl}?api-version=2024-04-01-preview`, {
        properties: { notificationSetting: { webhooks: { [name]: webhook } } },
      });
    },
    cancel: async () => void (await call('POST', `${jobUrl}/cancel?api-version=2024-04-01`)),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function viewOf(raw: unknown): JobView {
  const run = raw as {
    runId?: string;
    displayName?: string | null;
    name?: string | null;
    status?: string;
    startTimeUtc?: string | null;
    endTimeUtc?: string | null;
    error?: { error?: { message?: string }; message?: string } | null;
  };
  const error = run.error?.error?.message ?? run.error?.message;
  return {
    name: run.runId ?? '',
    displayName: run.displayName ?? run.name ?? run.runId ?? '',
    status: run.status ?? 'Unknown',
    ...(run.startTimeUtc ? { startTime: run.startTimeUtc } : {}),
    ...(run.endTimeUtc ? { endTime: run.endTimeUtc } : {}),
    ...(error ? { error } : {}),
  };
}
