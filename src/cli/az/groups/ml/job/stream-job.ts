import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import type { Workspace } from '../workspace/scope.ts';
import { getJob } from './job-api.ts';
import type { JobResource } from './job-entity.ts';
import { historyBase, type RunDetails } from './run-history.ts';

const IN_PROGRESS = new Set([
  'NotStarted',
  'Queued',
  'Preparing',
  'Provisioning',
  'Starting',
  'Running',
  'Finalizing',
  'CancelRequested',
]);
/** The logs that are streamed: those whose digits are all zero, the first process's (client source). */
const STREAMED = /^user_logs\/std_log\D*0*(?:_ps)?\.txt$/;
const LEGACY: Readonly<Record<string, RegExp>> = {
  command: /^azureml-logs\/\d{2}.*\.txt$/,
  pipeline: /^logs\/azureml\/executionlogs\.txt$/,
  sweep: /^azureml-logs\/hyperdrive\.txt$/,
};

/**
 * Prints a job's logs as they grow, until the job has ended, in the clients' format (client source).
 * @throws with the run's error when it failed; a canceled job is no error
 */
export async function streamJob(context: Context, workspace: Workspace, name: string): Promise<void> {
  const job = await getJob(workspace, name);
  const history = await historyBase(workspace);
  const print = (text: string) => context.io.stdout.write(text);
  const link = studioOf(job);
  print(`RunId: ${name}\nWeb View: ${link}\n`);
  const read = new Map<string, number>();
  let details = await detailsOf(workspace, history, name);
  for (let turn = 0; ; turn++) {
    await printLogs(workspace, details, String(job.properties['jobType'] ?? '').toLowerCase(), read, print);
    if (!IN_PROGRESS.has(details.status)) break;
    await sleep(pauseMs(context, turn));
    details = await detailsOf(workspace, history, name);
  }
  print(`\nExecution Summary\n=================\nRunId: ${name}\nWeb View: ${link}\n`);
  const warnings = (details.warnings ?? [])
    .filter(({ source, message }) => (source === name || source === undefined) && message)
    .map(({ message }) => `${message}\n`);
  if (warnings.length > 0) print(`\nWarnings:\n${warnings.join('')}\n`);
  if (details.status === 'Failed') {
    const error = details.error ?? 'Detailed error not set on the Run. Please check the logs for details.';
    throw commandError(`Exception : \n ${JSON.stringify(inPythonWords(error), null, 4)} `);
  }
  print('\n');
}

/** The members of an error that the clients print in their own spelling (recorded); what an error's parameters are called stays. */
const ERROR_WORDS: Readonly<Record<string, string>> = {
  additionalInfo: 'additional_info',
  componentName: 'component_name',
  debugInfo: 'debug_info',
  detailsUri: 'details_uri',
  innerError: 'inner_error',
  messageFormat: 'message_format',
  messageParameters: 'message_parameters',
  referenceCode: 'reference_code',
};

function inPythonWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inPythonWords);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      ERROR_WORDS[key] ?? key,
      key === 'messageParameters' ? member : inPythonWords(member),
    ]),
  );
}

function detailsOf(workspace: Workspace, history: string, name: string): Promise<RunDetails> {
  return workspace.arm.json<RunDetails>({ path: `${history}/runs/${encodeURIComponent(name)}/details` });
}

function studioOf(job: JobResource): string {
  const services = job.properties['services'] as { Studio?: { endpoint?: string } } | undefined;
  return services?.Studio?.endpoint ?? '';
}

/** A local server is asked often; the clients' own variables for it are honoured. */
function pauseMs(context: Context, turn: number): number {
  const seconds = (name: string) => {
    const value = Number(context.io.env[name]);
    return Number.isFinite(value) && value > 0 ? value * 1000 : undefined;
  };
  const least = seconds('AZUREML_RUN_POLLING_INTERVAL_MIN') ?? 250;
  const most = seconds('AZUREML_RUN_POLLING_INTERVAL_MAX') ?? 2000;
  return Math.max(least, Math.min(most, 250 * 1.2 ** turn));
}

async function printLogs(
  workspace: Workspace,
  details: RunDetails,
  type: string,
  read: Map<string, number>,
  print: (text: string) => unknown,
): Promise<void> {
  const files = Object.entries(details.logFiles ?? {});
  const current = files.filter(([path]) => STREAMED.test(path));
  const legacy = LEGACY[type];
  const chosen = current.length ? current : legacy ? files.filter(([path]) => legacy.test(path)) : [];
  for (const [path, url] of chosen.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const before = read.get(path);
    const fresh = await readFrom(workspace, url, before ?? 0);
    // Lines are printed whole: the rest of a line waits for its end, or for the job's.
    const whole = IN_PROGRESS.has(details.status) ? fresh.subarray(0, fresh.lastIndexOf(10) + 1) : fresh;
    if (whole.length === 0) continue;
    if (before === undefined) print(`\nStreaming ${path}\n${'='.repeat(path.length + 10)}\n\n`);
    read.set(path, (before ?? 0) + whole.length);
    const text = whole.toString('utf8');
    print(text.endsWith('\n') ? text : `${text}\n`);
  }
}

/** A log's bytes from an offset on. A server that knows no ranges sends the whole, which is cut here. */
async function readFrom(workspace: Workspace, url: string, offset: number): Promise<Buffer> {
  const response = await workspace.arm.http.request({
    url,
    ...(offset ? { headers: { range: `bytes=${offset}-` } } : {}),
  });
  if (response.status === 206) return response.body;
  if (response.status === 200) return response.body.subarray(offset);
  // Not there yet, or nothing new: the next turn asks again.
  if (response.status === 404 || response.status === 416) return Buffer.alloc(0);
  throw commandError(`The log ${new URL(url).pathname} cannot be read: ${response.status} ${response.reason}.`);
}
