import { createHmac } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { OutboundAnswer } from '../../http/index.ts';
import { notImplemented } from '../../kernel/errors.ts';
import { newGuid } from '../../kernel/ids.ts';
import type { Call, WebhookDeps } from './call.ts';
import type { TrackingTables } from './tables.ts';
import { nameOf, type WebhookEvent } from './webhook-events.ts';

export type WebhookRow = Selectable<TrackingTables['mltrack_webhooks']>;

const TIMEOUT_MS = 30_000;
/** The first try and three more, as the reference server's default has it. */
const TRIES = 4;
const PAUSE_MS = 1000;
const TRY_AGAIN = [429, 500, 502, 503, 504];

/** @throws not-implemented where the service was made without a way out */
export function webhookDeps(call: Call): WebhookDeps {
  if (!call.deps.webhooks) throw notImplemented('webhooks of MLflow’s registry in this service');
  return call.deps.webhooks;
}

/**
 * Sends one event once. The signature is of `delivery.timestamp.body`, with the webhook's secret (client source).
 * @throws what the outbound client throws: unavailable, invalid for an address that may not be called
 */
export function sendWebhook(call: Call, row: WebhookRow, event: WebhookEvent, data: object): Promise<OutboundAnswer> {
  const { vault, outbound } = webhookDeps(call);
  const now = call.deps.clock.now();
  const body = JSON.stringify({ ...event, timestamp: now.toISOString(), data });
  const [delivery, timestamp] = [newGuid(), String(Math.floor(now.getTime() / 1000))];
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'X-MLflow-Delivery-Id': delivery,
    'X-MLflow-Timestamp': timestamp,
  };
  if (row.secret !== '')
    headers['X-MLflow-Signature'] =
      `v1,${createHmac('sha256', vault.open(row.secret)).update(`${delivery}.${timestamp}.${body}`).digest('base64')}`;
  return outbound({ method: 'POST', url: row.url, headers, body, timeoutMs: TIMEOUT_MS });
}

/**
 * Tells the workspace's webhooks of what was committed. Nobody waits for it and its failure fails nothing; what is not taken after some
 * tries, or was under way when the server ended, is lost, as with the reference server.
 */
export async function announce(call: Call, event: WebhookEvent, data: object): Promise<void> {
  if (!call.deps.webhooks) return;
  const rows = await call.deps.store.read
    .selectFrom('mltrack_webhooks')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('status', '=', 'ACTIVE')
    .execute();
  for (const row of rows)
    if ((JSON.parse(row.events) as string[]).includes(nameOf(event))) void deliver(call, row, event, data, 1);
}

async function deliver(call: Call, row: WebhookRow, event: WebhookEvent, data: object, attempt: number): Promise<void> {
  const { log } = webhookDeps(call);
  const answer = await Promise.resolve()
    .then(() => sendWebhook(call, row, event, data))
    .then((got) => got.status)
    .catch((error: Error) => error.message);
  const isLost = typeof answer === 'string' || TRY_AGAIN.includes(answer);
  if (!isLost) return;
  if (attempt === TRIES) {
    log.warn({ webhook: row.name, event: nameOf(event), answer }, 'a webhook of the model registry was not taken');
    return;
  }
  call.deps.clock.after(PAUSE_MS * 2 ** (attempt - 1), () => void deliver(call, row, event, data, attempt + 1));
}
