import { invalid, messageOf, notFound } from '../../kernel/errors.ts';
import { newGuid } from '../../kernel/ids.ts';
import type { Call } from './call.ts';
import { pageSize } from './registry-fields.ts';
import { sendWebhook, type WebhookRow, webhookDeps } from './webhook-delivery.ts';
import { exampleOf, nameOf, readEvent, type WebhookEvent, wireEvent } from './webhook-events.ts';
import { fieldsOf, list, pageOffset, pageToken, text } from './wire.ts';

const WEBHOOK_LIMIT = 1000;
/** Characters of an answer that a test shows. */
const ANSWER_SHOWN = 10_000;

const eventsOf = (row: WebhookRow): WebhookEvent[] =>
  (JSON.parse(row.events) as string[]).map((name) => {
    const [entity = '', action = ''] = name.split('.');
    return { entity, action };
  });

/** A webhook as it is shown: never with its secret. */
const wire = (row: WebhookRow) => ({
  webhook_id: row.webhook_id,
  name: row.name,
  description: row.description,
  url: row.url,
  events: eventsOf(row).map(wireEvent),
  status: row.status,
  creation_timestamp: row.created,
  last_updated_timestamp: row.updated,
});

function nameField(call: Call): string {
  const name = text(call.fields, 'name');
  if (!/^(?=.{1,63}$)[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/i.test(name))
    throw invalid(
      `Webhook name '${name.slice(0, 100)}' is invalid: up to 63 letters, digits, dots, underscores and hyphens, a letter or digit first and last.`,
      { target: 'name' },
    );
  return name;
}

function urlField(call: Call): string {
  const url = text(call.fields, 'url', { limit: 2048 });
  const parsed = URL.parse(url);
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol) || parsed.username !== '' || parsed.password !== '')
    throw invalid(`'${url.slice(0, 200)}' is no address of a webhook: use https://HOST/PATH, without a user in it.`, {
      target: 'url',
    });
  return url;
}

function statusField(call: Call): string {
  const status = text(call.fields, 'status', { fallback: 'ACTIVE' }).toUpperCase();
  if (status !== 'ACTIVE' && status !== 'DISABLED')
    throw invalid(`A webhook is ACTIVE or DISABLED, found '${status.slice(0, 50)}'.`, { target: 'status' });
  return status;
}

const secretField = (call: Call): string => {
  const secret = text(call.fields, 'secret', { fallback: '', limit: 1000 });
  return secret === '' ? '' : webhookDeps(call).vault.seal(secret);
};

const eventsField = (call: Call): string =>
  JSON.stringify([...new Set(list(call.fields, 'events', 100).map((event) => nameOf(readEvent(event))))]);

/** @throws not-found */
async function webhookRow(call: Call): Promise<WebhookRow> {
  const id = call.parameters.webhook_id ?? '';
  const row = await call.deps.store.read
    .selectFrom('mltrack_webhooks')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('webhook_id', '=', id)
    .executeTakeFirst();
  if (!row) throw notFound(`Webhook with ID ${id} not found.`);
  return row;
}

const rowsOf = (call: Call) =>
  call.deps.store.read
    .selectFrom('mltrack_webhooks')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .orderBy('created')
    .orderBy('webhook_id')
    .execute();

export async function createWebhook(call: Call) {
  const now = call.deps.clock.now().getTime();
  const row: WebhookRow = {
    workspace_id: call.workspace.id,
    webhook_id: newGuid(),
    name: nameField(call),
    description: text(call.fields, 'description', { fallback: '', limit: 5000 }),
    url: urlField(call),
    events: eventsField(call),
    secret: secretField(call),
    status: statusField(call),
    created: now,
    updated: now,
  };
  webhookDeps(call);
  if (row.events === '[]') throw invalid('A webhook wants at least one event.', { target: 'events' });
  if ((await rowsOf(call)).length >= WEBHOOK_LIMIT)
    throw invalid(`A workspace has at most ${WEBHOOK_LIMIT} webhooks: delete those that nobody needs.`);
  await call.deps.store.write((writer) => writer.insertInto('mltrack_webhooks').values(row).execute());
  return { webhook: wire(row) };
}

export async function getWebhook(call: Call) {
  return { webhook: wire(await webhookRow(call)) };
}

export async function listWebhooks(call: Call) {
  const size = call.fields.max_results === undefined ? 100 : pageSize(call, 100, 1000);
  const offset = pageOffset(text(call.fields, 'page_token', { fallback: '' }));
  const rows = await rowsOf(call);
  return {
    webhooks: rows.slice(offset, offset + size).map(wire),
    ...(offset + size < rows.length ? { next_page_token: pageToken(offset + size) } : {}),
  };
}

/** Changes what the request names; an empty name, address or list of events leaves them (reference server's source). */
export async function updateWebhook(call: Call) {
  const row = await webhookRow(call);
  const { fields } = call;
  const given = (name: string) => fields[name] !== undefined && fields[name] !== null && fields[name] !== '';
  const events = eventsField(call);
  const changed = {
    ...(given('name') ? { name: nameField(call) } : {}),
    ...(given('url') ? { url: urlField(call) } : {}),
    ...(fields.description === undefined
      ? {}
      : { description: text(fields, 'description', { fallback: '', limit: 5000 }) }),
    ...(events === '[]' ? {} : { events }),
    ...(fields.secret === undefined ? {} : { secret: secretField(call) }),
    ...(given('status') ? { status: statusField(call) } : {}),
    updated: call.deps.clock.now().getTime(),
  };
  await call.deps.store.write((writer) =>
    writer
      .updateTable('mltrack_webhooks')
      .set(changed)
      .where('workspace_id', '=', row.workspace_id)
      .where('webhook_id', '=', row.webhook_id)
      .execute(),
  );
  return { webhook: wire({ ...row, ...changed }) };
}

export async function deleteWebhook(call: Call) {
  const row = await webhookRow(call);
  await call.deps.store.write((writer) =>
    writer
      .deleteFrom('mltrack_webhooks')
      .where('workspace_id', '=', row.workspace_id)
      .where('webhook_id', '=', row.webhook_id)
      .execute(),
  );
  return {};
}

/** Sends an example of an event, of the webhook's first where none is named, and tells what came back. */
export async function testWebhook(call: Call) {
  const row = await webhookRow(call);
  const asked = call.fields.event;
  const event = asked === undefined || asked === null ? (eventsOf(row)[0] as WebhookEvent) : readEvent(fieldsOf(asked));
  try {
    const answer = await sendWebhook(call, row, event, exampleOf(event));
    return {
      result: {
        success: answer.status < 400,
        response_status: answer.status,
        response_body: answer.body.slice(0, ANSWER_SHOWN),
      },
    };
  } catch (error) {
    return { result: { success: false, error_message: `The webhook was not reached: ${messageOf(error)}` } };
  }
}
