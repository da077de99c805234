import { setTimeout as sleep } from 'node:timers/promises';
import { AzError, commandError, serviceError } from './errors.ts';
import type { Http, HttpResponse } from './http.ts';
import { ARM_RESOURCE, type Session } from './session.ts';

export const MANAGEMENT = 'https://management.azure.com';

export type ArmRequest = {
  readonly method?: string;
  /** A path of the resource manager (`/subscriptions/…`) or a whole address. */
  readonly path: string;
  readonly apiVersion?: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** A POST that may be sent again when its answer was lost. */
  readonly repeatable?: boolean;
};

/** The resource manager (and the data planes that take its token), signed in. Failures are thrown as the clients print them. */
export type Arm = {
  readonly http: Http;
  readonly session: Session;
  readonly subscriptionId: string;
  /** The raw answer of a 2xx. */
  send(request: ArmRequest): Promise<HttpResponse>;
  /** The answer's JSON. */
  json<T>(request: ArmRequest): Promise<T>;
  /** The same; undefined for 404. */
  find<T>(request: ArmRequest): Promise<T | undefined>;
  /** All items of a list, following `nextLink` until `limit`. */
  list<T>(request: ArmRequest, limit?: number): Promise<T[]>;
  /** Starts a long-running operation and, unless told otherwise, waits for its end. @returns the last body that was not empty */
  operate<T>(request: ArmRequest, wait?: boolean): Promise<T | undefined>;
};

const TERMINAL = new Set(['succeeded', 'failed', 'canceled']);
/** The longest pause between two polls, when the answer names none: ARM clients wait 30 s, which only a cloud needs. */
const POLL_MS = 1000;

export function createArm(http: Http, session: Session): Arm {
  const send = async (request: ArmRequest): Promise<HttpResponse> => {
    const token = await session.token(ARM_RESOURCE);
    const url = new URL(request.path, MANAGEMENT);
    if (request.apiVersion) url.searchParams.set('api-version', request.apiVersion);
    for (const [key, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(key, value);
    }
    const response = await http.request({
      method: request.method ?? 'GET',
      url: url.href,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${token.accessToken}`,
        'user-agent': 'millrace-az',
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...request.headers,
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      ...(request.repeatable === undefined ? {} : { repeatable: request.repeatable }),
    });
    if (response.status >= 300) throw serviceError(response.status, response.body.toString('utf8'), response.reason);
    return response;
  };
  const json = async <T>(request: ArmRequest) => parse<T>(await send(request));
  return {
    http,
    session,
    subscriptionId: session.subscription.id,
    send,
    json,
    async find<T>(request: ArmRequest) {
      try {
        return await json<T>(request);
      } catch (error) {
        if (error instanceof AzError && error.status === 404) return undefined;
        throw error;
      }
    },
    async list<T>(request: ArmRequest, limit = Number.POSITIVE_INFINITY) {
      const items: T[] = [];
      let next: ArmRequest | undefined = request;
      while (next && items.length < limit) {
        const page: { value?: T[]; nextLink?: string | null } = await json(next);
        items.push(...(page.value ?? []));
        next = page.nextLink ? { path: page.nextLink } : undefined;
      }
      return items.slice(0, limit);
    },
    async operate<T>(request: ArmRequest, wait = true) {
      const first = await send(request);
      return wait ? await follow<T>(send, request, first) : parseMaybe<T>(first);
    },
  };
}

async function follow<T>(send: Arm['send'], request: ArmRequest, first: HttpResponse): Promise<T | undefined> {
  const status = first.headers['azure-asyncoperation'];
  let last = first;
  if (status) {
    for (last = await send({ path: status }); ; last = await send({ path: status })) {
      const body = parseMaybe<{ status?: string; error?: unknown }>(last);
      const state = body?.status ?? '';
      if (state.toLowerCase() === 'succeeded') break;
      if (TERMINAL.has(state.toLowerCase())) {
        if (body?.error) throw serviceError(200, JSON.stringify({ error: body.error }), state);
        throw commandError(`The operation ended ${state}.`);
      }
      await pauseOf(last);
    }
    if (request.method === 'PUT' || request.method === 'PATCH') {
      const { body: _sent, method: _method, ...original } = request;
      return parse<T>(await send(original));
    }
    return undefined;
  }
  let location = last.headers['location'];
  while (last.status === 202 && location) {
    await pauseOf(last);
    last = await send({ path: location });
    location = last.headers['location'] ?? location;
  }
  return parseMaybe<T>(last);
}

function pauseOf(response: HttpResponse): Promise<unknown> {
  const seconds = Number(response.headers['retry-after']);
  return sleep(Number.isFinite(seconds) ? Math.min(seconds * 1000, POLL_MS) : POLL_MS / 4);
}

function parse<T>(response: HttpResponse): T {
  const value = parseMaybe<T>(response);
  if (value === undefined) throw commandError(`The service answered ${response.status} with an empty body.`);
  return value;
}

function parseMaybe<T>(response: HttpResponse): T | undefined {
  const text = response.body.toString('utf8');
  if (!text.trim()) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw commandError(`The service answered ${response.status} with what is not JSON: ${text.slice(0, 200)}`, {
      cause,
    });
  }
}
