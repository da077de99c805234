import { invalid, messageOf, notImplemented } from '../../../kernel/errors.ts';
import { evaluateCriterion } from '../../../language/expressions/index.ts';
import type { ServerTask, ServerTaskContext } from '../../runs/server-task.ts';
import { METHODS, manifest } from './manifest.ts';

/** An answer has to come within this (documented). */
const ANSWER_MS = 20_000;
const SHOWN_BODY = 2000;

/** InvokeRESTAPI@1: by its answer, or with `waitForCompletion` by the TaskCompleted event that the receiver sends. */
export const invokeRestApi: ServerTask = {
  manifest,
  async start(context) {
    const call = await prepare(context);
    context.print(`##[command]${call.method} ${call.url}`);
    const answer = await context.outbound({
      method: call.method,
      url: call.url,
      headers: call.headers,
      ...(call.body === undefined ? {} : { body: call.body }),
      timeoutMs: ANSWER_MS,
    });
    context.print(`The answer is ${answer.status}.`);
    if (answer.body !== '') context.print(answer.body.slice(0, SHOWN_BODY));
    if (answer.status < 200 || answer.status > 299)
      return {
        kind: 'done',
        result: 'failed',
        message: `${call.method} ${call.url} was answered with ${answer.status}: ${answer.body.slice(0, 500)}`,
      };
    if (waits(context)) return { kind: 'wait', memory: null, endsByEvent: true };
    return judge(context, answer.body);
  },
  // Only the event ends it; a restart of the server changes nothing about that.
  look: async () => ({ kind: 'wait', memory: null, endsByEvent: true }),
  // In a local run nothing may be left running: a job of the machine learning service that the request subscribed to is stopped.
  async cancel(context) {
    if (!context.local || !waits(context)) return;
    const call = await prepare(context);
    const job = /^(https:\/\/management\.azure\.com\/[^?]*\/workspaces\/[^/?]+\/jobs\/[^/?]+)\?(.*)$/i.exec(call.url);
    if (call.method !== 'PATCH' || !job) return;
    const url = `${job[1]}/cancel?${job[2]}`;
    await context.outbound({ method: 'POST', url, headers: call.headers, timeoutMs: ANSWER_MS }).catch(() => undefined);
    context.print('The job was asked to stop.');
  },
  // These may be sent twice to the same effect (RFC 9110; a PATCH of JSON merges the same values again). A POST may not.
  repeatable: (context) =>
    ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'PATCH'].includes(context.input('method').toUpperCase()),
};

const waits = (context: ServerTaskContext) => /^true$/i.test(context.input('waitForCompletion'));

async function prepare(context: ServerTaskContext) {
  const selector = context.input('connectedServiceNameSelector').toLowerCase();
  const byAzure = selector === 'connectedservicenamearm';
  if (selector === 'connectedservicenameazuredevops')
    throw notImplemented('InvokeRESTAPI@1 with an Azure DevOps connection');
  const endpoint = await context.endpoint(byAzure ? 'connectedServiceNameARM' : 'connectedServiceName');
  const method = context.input('method').toUpperCase();
  if (!(METHODS as readonly string[]).includes(method))
    throw invalid(`The method '${method}' is none of ${METHODS.join(', ')}.`);
  const headers = readHeaders(context.input('headers'));
  if (byAzure) {
    const token = await context.accessToken(endpoint, 'https://management.azure.com/');
    headers['Authorization'] ??= `Bearer ${token}`;
  } else if (endpoint.authorization.scheme === 'UsernamePassword') {
    const { username = '', password = '' } = endpoint.authorization.parameters;
    if (username !== '' || password !== '')
      headers['Authorization'] ??= `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  } else if (endpoint.authorization.scheme === 'Token') {
    const token = endpoint.authorization.parameters['apitoken'] ?? '';
    if (token !== '') headers['Authorization'] ??= `Bearer ${token}`;
  }
  const suffix = context.input('urlSuffix');
  const base = endpoint.url.replace(/\/+$/, '');
  const url =
    suffix === '' ? endpoint.url : `${base}${suffix.startsWith('/') || suffix.startsWith('?') ? '' : '/'}${suffix}`;
  const body = method === 'GET' || method === 'HEAD' || method === 'TRACE' ? undefined : context.input('body');
  return { method, url, headers, body };
}

/** Headers are written as the text of a JSON object. @throws invalid when they aren't */
function readHeaders(text: string): Record<string, string> {
  if (text === '') return {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Error('it is no object');
    return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, String(value)]));
  } catch (error) {
    throw invalid(
      `The headers are not a JSON object of names and values: ${messageOf(error)}. Write them as {"Content-Type": "application/json"}.`,
    );
  }
}

function judge(context: ServerTaskContext, body: string) {
  const criterion = context.input('successCriteria');
  if (criterion === '') return { kind: 'done', result: 'succeeded' } as const;
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return {
      kind: 'done',
      result: 'failed',
      message: `The success criteria need a JSON answer; this one begins with: ${body.slice(0, 100)}`,
    } as const;
  }
  const met = evaluateCriterion(criterion, parsed);
  return met
    ? ({ kind: 'done', result: 'succeeded' } as const)
    : ({
        kind: 'done',
        result: 'failed',
        message: `The answer does not meet the success criteria: ${criterion}`,
      } as const);
}
