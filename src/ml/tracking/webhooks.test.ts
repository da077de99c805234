import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import test, { type TestContext } from 'node:test';
import type { OutboundRequest } from '../../http/index.ts';
import { unavailable } from '../../kernel/errors.ts';
import { silentLog } from '../../kernel/log.ts';
import { openTracking } from './test-service.ts';

/** A service whose webhooks reach a list; each call is answered by the next of `answers`, then by 200. */
async function open(t: TestContext, answers: (number | Error)[] = []) {
  const sent: OutboundRequest[] = [];
  const heard = new EventEmitter();
  const opened = await openTracking(t, {
    vault: { seal: (text) => `sealed(${text})`, open: (text) => text.slice(7, -1) },
    log: silentLog,
    async outbound(request) {
      sent.push(request);
      const answer = answers.shift() ?? 200;
      setImmediate(() => heard.emit('sent'));
      if (answer instanceof Error) throw answer;
      return { status: answer, headers: {}, body: 'x'.repeat(20_000) };
    },
  });
  const create = (fields: object = {}) =>
    opened.call('POST', 'webhooks', { name: 'hook', url: 'https://host/x', events: [MADE], ...fields });
  return { ...opened, sent, create, next: () => once(heard, 'sent') };
}

const MADE = { entity: 'REGISTERED_MODEL', action: 'CREATED' };

test('an event is told with a signature over delivery, time and body; the secret is stored sealed and shown to nobody', async (t) => {
  const { call, create, sent, next, store } = await open(t);
  const made = await create({ secret: 'key' });
  assert.equal(made.status, 200, made.message);
  assert.ok(!JSON.stringify(made).includes('key'));
  const stored = await store.read.selectFrom('mltrack_webhooks').select('secret').executeTakeFirstOrThrow();
  assert.equal(stored.secret, 'sealed(key)');
  const told = next();
  await call('POST', 'registered-models/create', { name: 'm', tags: [{ key: 'a', value: 'b' }] });
  await told;
  const { headers = {}, body = '', url } = sent[0] as OutboundRequest;
  assert.equal(url, 'https://host/x');
  assert.deepEqual(JSON.parse(body), {
    entity: 'registered_model',
    action: 'created',
    timestamp: '1970-01-01T00:00:05.000Z',
    data: { name: 'm', tags: { a: 'b' }, description: '' },
  });
  const signed = `${headers['X-MLflow-Delivery-Id']}.5.${body}`;
  assert.equal(headers['X-MLflow-Signature'], `v1,${createHmac('sha256', 'key').update(signed).digest('base64')}`);
});

test('what fails for a while is told again, at most three times more; what is refused is not', async (t) => {
  const busy = [503, unavailable('host could not be reached'), 429, 500];
  const { call, create, sent, next, clock } = await open(t, [...busy, 404]);
  await create();
  const first = next();
  await call('POST', 'registered-models/create', { name: 'm' });
  await first;
  for (const pause of [1000, 2000, 4000]) {
    const again = next();
    clock.advance(pause);
    await again;
  }
  assert.equal(sent.length, 4);
  clock.advance(60_000);
  const refused = next();
  await call('POST', 'registered-models/create', { name: 'n' });
  await refused;
  clock.advance(60_000);
  assert.equal(sent.length, 5, 'four tries of the first event, one of the second');
});

test('only what was asked for is told, and nothing to a disabled webhook', async (t) => {
  const { call, create, sent, next } = await open(t);
  const { webhook } = await create({ events: [{ entity: 'PROMPT_TAG', action: 'SET' }] });
  const isPrompt = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }];
  await call('POST', 'registered-models/create', { name: 'p', tags: isPrompt });
  await call('POST', 'registered-models/create', { name: 'm' });
  await call('POST', 'registered-models/set-tag', { name: 'm', key: 'k', value: 'v' });
  const told = next();
  await call('POST', 'registered-models/set-tag', { name: 'p', key: 'k', value: 'v' });
  await told;
  assert.deepEqual(JSON.parse(sent[0]?.body ?? '').data, { name: 'p', key: 'k', value: 'v' });
  const off = await call('PATCH', `webhooks/${webhook.webhook_id}`, { status: 'DISABLED' });
  assert.deepEqual([off.webhook.status, off.webhook.name, off.webhook.events], ['DISABLED', 'hook', webhook.events]);
  await call('POST', 'registered-models/set-tag', { name: 'p', key: 'k', value: 'w' });
  const tested = await call('POST', `webhooks/${webhook.webhook_id}/test`);
  assert.deepEqual([tested.result.success, tested.result.response_body.length], [true, 10_000]);
  assert.equal(sent.length, 2, 'the first event and the test');
});

test('what is no webhook is refused; lists come in pages', async (t) => {
  const { call, create } = await open(t, [unavailable('gone')]);
  for (const fields of [
    { name: '-x' },
    { url: 'ftp://host/x' },
    { url: 'https://user:pass@host/x' },
    { events: [] },
    { events: [{ entity: 'RUN', action: 'CREATED' }] },
    { events: [{ entity: 'PROMPT', action: 'DELETED' }] },
    { status: 'ASLEEP' },
  ])
    assert.equal((await create(fields)).error_code, 'INVALID_PARAMETER_VALUE', JSON.stringify(fields));
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) ids.push((await create()).webhook.webhook_id);
  const first = await call('GET', 'webhooks', { max_results: 2 });
  const rest = await call('GET', 'webhooks', { max_results: 2, page_token: first.next_page_token });
  const seen = [...first.webhooks, ...rest.webhooks].map((one: { webhook_id: string }) => one.webhook_id);
  assert.deepEqual(seen.toSorted(), ids.toSorted());
  const failed = await call('POST', `webhooks/${ids[0]}/test`, { event: MADE });
  assert.deepEqual([failed.result.success, failed.result.error_message], [false, 'The webhook was not reached: gone']);
  await call('DELETE', `webhooks/${ids[0]}`);
  assert.equal((await call('GET', `webhooks/${ids[0]}`)).error_code, 'RESOURCE_DOES_NOT_EXIST');
});
