import assert from 'node:assert/strict';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import { openTracking } from '../test-service.ts';

type Tracking = Awaited<ReturnType<typeof openTracking>>;
const TRACE = '0123456789abcdef0123456789abcdef';

// Protobuf by hand: what the reader is read against.
const varint = (value: bigint): Buffer => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
};
const part = (number: number, body: Buffer | string) => {
  const bytes = Buffer.from(body as string);
  return Buffer.concat([varint(BigInt(number * 8 + 2)), varint(BigInt(bytes.length)), bytes]);
};
const int = (number: number, value: bigint) => Buffer.concat([varint(BigInt(number * 8)), varint(value)]);
const fixed = (number: number, value: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return Buffer.concat([varint(BigInt(number * 8 + 1)), bytes]);
};
const double = (number: number, value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint(BigInt(number * 8 + 1)), bytes]);
};
const message = (...parts: Buffer[]) => Buffer.concat(parts);
const attribute = (key: string, value: Buffer) => message(part(1, key), part(2, value));
const request = (...spans: Buffer[]) => part(1, part(2, message(...spans.map((span) => part(2, span)))));
const span = (id: string, parent: string, name: string, ...more: Buffer[]) =>
  message(
    part(1, Buffer.from(TRACE, 'hex')),
    part(2, Buffer.from(id, 'hex')),
    ...(parent === '' ? [] : [part(4, Buffer.from(parent, 'hex'))]),
    part(5, name),
    // A field that nobody knows is passed over, whatever its type.
    int(99, 7n),
    ...more,
  );
const times = (begun: bigint, ended: bigint) => message(fixed(7, begun), fixed(8, ended));
const SECOND = 1_700_000_000_000_000_001n;

async function send({ service, base }: Tracking, payload: Buffer | string, headers: Record<string, string> = {}) {
  const answer = await service.inject({
    method: 'POST',
    url: `${base}/v1/traces`,
    headers: {
      authorization: 'Bearer x',
      host: '127.0.0.1:1',
      'content-type': 'application/x-protobuf',
      'x-mlflow-experiment-id': '0',
      ...headers,
    },
    payload,
  });
  return { status: answer.statusCode, type: answer.headers['content-type'], body: answer.body };
}

test('spans in protobuf join their trace, with every kind of value, until the first one ends it', async (t) => {
  const tracking = await openTracking(t);
  const { call, newRun } = tracking;
  const run = await newRun();
  const values = message(
    part(9, attribute('text', part(1, 'é'))),
    part(9, attribute('truth', int(2, 1n))),
    part(9, attribute('large', int(3, -9_007_199_254_740_993n))),
    part(9, attribute('real', double(4, 0.5))),
    part(9, attribute('list', part(5, message(part(1, int(3, 1n)), part(1, part(1, 'x')))))),
    part(9, attribute('map', part(6, part(1, attribute('k', Buffer.alloc(0)))))),
    part(9, attribute('bytes', part(7, Buffer.from([1, 2])))),
    part(9, attribute('gen_ai.usage.input_tokens', int(3, 5n))),
    part(9, attribute('gen_ai.usage.output_tokens', int(3, 2n))),
    part(11, message(fixed(1, SECOND), part(2, 'event'), part(3, attribute('e', part(1, 'v'))))),
    part(15, message(part(2, 'why'), int(3, 2n))),
  );
  const child = span('00000000000000bb', '00000000000000aa', 'child', times(SECOND, SECOND + 2_000_000n), values);
  const sent = await send(tracking, gzipSync(request(child)), { 'content-encoding': 'gzip', 'x-mlflow-run-id': run });
  assert.deepEqual([sent.status, sent.type, sent.body], [200, 'application/x-protobuf', '']);
  const { trace: begun } = await call('GET', `traces/tr-${TRACE}`);
  assert.equal(begun.trace_info.state, 'IN_PROGRESS');
  assert.equal('execution_duration' in begun.trace_info, false);

  const root = span(
    '00000000000000aa',
    '',
    'root',
    times(SECOND - 1_000_000n, SECOND + 9_000_000n),
    part(9, attribute('mlflow.traceTag.team', part(1, 'blue'))),
    part(9, attribute('session.id', part(1, 's'))),
    part(9, attribute('mlflow.spanInputs', part(1, '{"q": 1}'))),
  );
  assert.equal((await send(tracking, request(root, child))).status, 200);
  const { trace_info: info } = (await call('GET', `traces/tr-${TRACE}`)).trace;
  assert.deepEqual(
    [info.state, info.execution_duration, info.request_time, info.request_preview],
    ['OK', '0.010s', '2023-11-14T22:13:19.999Z', '{"q": 1}'],
  );
  assert.equal(info.tags['mlflow.traceName'], 'root');
  assert.equal(info.tags.team, 'blue');
  assert.equal(info.trace_metadata['mlflow.trace.session'], 's');
  assert.deepEqual(JSON.parse(info.trace_metadata['mlflow.trace.tokenUsage']), {
    input_tokens: 5,
    output_tokens: 2,
    total_tokens: 7,
  });
  const { trace } = await call('GET', 'traces/get', { trace_id: `tr-${TRACE}` });
  type Shown = { name: string; span_id: string; attributes: { key: string; value: object }[]; events: object[] };
  const spans = trace.spans as Shown[];
  assert.deepEqual(
    spans.map((one) => one.name),
    ['root', 'child'],
  );
  assert.equal(spans[1]?.span_id, Buffer.from('00000000000000bb', 'hex').toString('base64'));
  const held = Object.fromEntries((spans[1] as Shown).attributes.map(({ key, value }) => [key, value]));
  assert.deepEqual(held, {
    text: { string_value: 'é' },
    truth: { bool_value: true },
    large: { int_value: '-9007199254740993' },
    real: { double_value: 0.5 },
    list: { array_value: { values: [{ int_value: '1' }, { string_value: 'x' }] } },
    map: { kvlist_value: { values: [{ key: 'k', value: {} }] } },
    bytes: { string_value: 'AQI=' },
    'gen_ai.usage.input_tokens': { int_value: '5' },
    'gen_ai.usage.output_tokens': { int_value: '2' },
    'mlflow.traceRequestId': { string_value: `tr-${TRACE}` },
  });
  assert.equal((spans[1] as Shown).events.length, 1);
  const found = await call('POST', 'traces/search', {
    locations: [{ mlflow_experiment: { experiment_id: '0' } }],
    filter: `run_id = '${run}' AND span.name = 'child' AND span.status = 'ERROR'`,
  });
  assert.equal(found.traces.length, 1);
});

test('spans in JSON; exports of one trace at the same time all stay', async (t) => {
  const tracking = await openTracking(t);
  const json = { 'content-type': 'application/json; charset=utf-8' };
  const body = (n: number) =>
    JSON.stringify({
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                {
                  traceId: TRACE.toUpperCase(),
                  spanId: `00000000000000${10 + n}`,
                  parentSpanId: n === 0 ? '' : '0000000000000010',
                  name: `s${n}`,
                  startTimeUnixNano: String(SECOND),
                  endTimeUnixNano: String(SECOND + 1_000_000n),
                  status: n === 0 ? { code: 2 } : { code: 'STATUS_CODE_OK' },
                  attributes: [
                    { key: 'n', value: { intValue: String(n) } },
                    { key: 'l', value: { arrayValue: {} } },
                  ],
                },
              ],
            },
          ],
        },
      ],
    });
  const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => send(tracking, body(n), json)));
  assert.deepEqual(
    answers.map((one) => [one.status, one.body]),
    answers.map(() => [200, '{}']),
  );
  const { trace } = await tracking.call('GET', 'traces/get', { trace_id: `tr-${TRACE}` });
  assert.equal(trace.spans.length, 8);
  assert.equal(trace.trace_info.state, 'ERROR');
});

test('what is no export of spans is refused', async (t) => {
  const tracking = await openTracking(t);
  const good = request(span('00000000000000aa', '', 'root', times(SECOND, SECOND)));
  const deep = (levels: number): Buffer => (levels === 0 ? int(3, 1n) : part(5, part(1, deep(levels - 1))));
  const refused: [Buffer | string, Record<string, string>, number][] = [
    [good, { 'x-mlflow-experiment-id': '' }, 400],
    [good, { 'x-mlflow-experiment-id': 'none' }, 404],
    [good, { 'content-type': 'text/plain' }, 400],
    [good, { 'content-encoding': 'br' }, 400],
    [good, { 'content-encoding': 'gzip' }, 400],
    [gzipSync(Buffer.alloc(70 * 1024 * 1024)), { 'content-encoding': 'gzip' }, 400],
    [good.subarray(0, good.length - 3), {}, 400],
    [Buffer.from([0xff, 0xff, 0xff]), {}, 400],
    [Buffer.alloc(0), {}, 400],
    [request(span('', '', 'no id')), {}, 400],
    [request(span('00000000000000aa', '', 'deep', part(9, attribute('a', deep(60))))), {}, 400],
    ['{', { 'content-type': 'application/json' }, 400],
    ['{}', { 'content-type': 'application/json' }, 400],
  ];
  for (const [body, headers, status] of refused) {
    const answer = await send(tracking, body, headers);
    assert.equal(answer.status, status, JSON.stringify(headers) + answer.body);
  }
  assert.equal((await send(tracking, good)).status, 200);
});
