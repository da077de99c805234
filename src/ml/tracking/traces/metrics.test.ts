import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { ARTIFACT_CONTAINER, artifactPrefix } from '../../places.ts';
import { openTracking, workspace } from '../test-service.ts';
import { percentile } from './figures.ts';

type Tracking = Awaited<ReturnType<typeof openTracking>>;
type Point = { dimensions: Record<string, string>; values: Record<string, number> };

const HOUR = 3_600_000;

async function add({ call }: Tracking, id: string, at: number, fields: object = {}): Promise<void> {
  const made = await call('POST', 'traces', {
    trace: {
      trace_info: {
        trace_id: `tr-${id}`,
        trace_location: { mlflow_experiment: { experiment_id: '0' } },
        request_time: new Date(at).toISOString(),
        execution_duration: '0.250s',
        state: 'OK',
        tags: { 'mlflow.traceName': 'n' },
        ...fields,
      },
    },
  });
  assert.equal(made.status, 200, made.message);
}

const query = ({ call }: Tracking, view: string, metric: string, kinds: (string | number)[], more: object = {}) =>
  call('POST', 'traces/metrics', {
    experiment_ids: ['0'],
    view_type: view,
    metric_name: metric,
    aggregations: kinds.map((kind) =>
      typeof kind === 'number'
        ? { aggregation_type: 'PERCENTILE', percentile_value: kind }
        : { aggregation_type: kind },
    ),
    ...more,
  });

async function points(tracking: Tracking, ...args: [string, string, (string | number)[], object?]) {
  const answer = await query(tracking, ...args);
  assert.equal(answer.status, 200, answer.message);
  return (answer.data_points as Point[]).map(({ dimensions, values }) => [dimensions, values]);
}

test('traces are counted in buckets of time, in order, and only in the time asked for', async (t) => {
  const tracking = await openTracking(t);
  await add(tracking, 'a', 2 * HOUR + 5);
  await add(tracking, 'b', HOUR);
  await add(tracking, 'c', 3 * HOUR - 1, { state: 'ERROR' });
  await add(tracking, 'd', 3 * HOUR);
  const range = { time_interval_seconds: 3600, start_time_ms: HOUR, end_time_ms: 3 * HOUR - 1 };
  assert.deepEqual(await points(tracking, 'TRACES', 'trace_count', ['COUNT'], range), [
    [{ time_bucket: '1970-01-01T01:00:00+00:00' }, { COUNT: 1 }],
    [{ time_bucket: '1970-01-01T02:00:00+00:00' }, { COUNT: 2 }],
  ]);
  const byStatus = { ...range, dimensions: ['trace_status'], max_results: 2 };
  assert.deepEqual(await points(tracking, 'TRACES', 'trace_count', ['COUNT'], byStatus), [
    [{ time_bucket: '1970-01-01T01:00:00+00:00', trace_status: 'OK' }, { COUNT: 1 }],
    [{ time_bucket: '1970-01-01T02:00:00+00:00', trace_status: 'ERROR' }, { COUNT: 1 }],
  ]);
  assert.deepEqual(await points(tracking, 'TRACES', 'latency', ['AVG', 99], { end_time_ms: 1 }), []);
  assert.deepEqual(await points(tracking, 'TRACES', 'trace_count', ['COUNT'], { end_time_ms: 1 }), [
    [{}, { COUNT: 0 }],
  ]);
});

test('tokens that are no whole numbers are no tokens; a trace without a name is in no group of names', async (t) => {
  const tracking = await openTracking(t);
  const used = (usage: string) => ({ trace_metadata: { 'mlflow.trace.tokenUsage': usage } });
  await add(tracking, 'a', 1, used('{"input_tokens": 3}'));
  await add(tracking, 'b', 2, used('{"input_tokens": 1.5}'));
  await add(tracking, 'c', 3, used('[1]'));
  await add(tracking, 'd', 4, used('{"input_tokens'));
  await add(tracking, 'e', 5, { ...used('{"input_tokens": "7"}'), tags: {} });
  assert.deepEqual(await points(tracking, 'TRACES', 'input_tokens', ['SUM', 12.5]), [[{}, { SUM: 10, 'P12.5': 3.5 }]]);
  const named = await points(tracking, 'TRACES', 'input_tokens', ['SUM'], { dimensions: ['trace_name'] });
  assert.deepEqual(named, [[{ trace_name: 'n' }, { SUM: 3 }]]);
});

test('spans are measured to the millisecond below, from times that no number of JavaScript holds', async (t) => {
  const tracking = await openTracking(t);
  await add(tracking, 'a', 10);
  const file = join(
    tracking.folder,
    workspace.storageAccount,
    ARTIFACT_CONTAINER,
    artifactPrefix('tr-a'),
    'traces.json',
  );
  mkdirSync(dirname(file), { recursive: true });
  const cost = JSON.stringify(JSON.stringify({ total_cost: 2.5 }));
  writeFileSync(
    file,
    `{"spans": [{"name": "s", "start_time_unix_nano": 1700000000000000001, "end_time_unix_nano": 1700000000003000000,
      "status": {"code": "STATUS_CODE_OK"}, "attributes": {"mlflow.llm.cost": ${cost}, "mlflow.llm.model": "\\"m\\""}},
      {"name": "open", "start_time_unix_nano": 1700000000000000001, "end_time_unix_nano": null, "attributes": {}}]}`,
  );
  assert.deepEqual(await points(tracking, 'SPANS', 'latency', ['MAX']), [[{}, { MAX: 2 }]]);
  assert.deepEqual(await points(tracking, 'SPANS', 'span_count', ['COUNT'], { dimensions: ['span_status'] }), [
    [{ span_status: 'OK' }, { COUNT: 1 }],
    [{ span_status: 'UNSET' }, { COUNT: 1 }],
  ]);
  // Costs go by the time of the span, everything else by the trace's.
  const early = { end_time_ms: 1000 };
  assert.deepEqual(await points(tracking, 'SPANS', 'span_count', ['COUNT'], early), [[{}, { COUNT: 2 }]]);
  assert.deepEqual(await points(tracking, 'SPANS', 'total_cost', ['SUM'], early), []);
  const late = { start_time_ms: 1_700_000_000_000, dimensions: ['span_model_name'] };
  assert.deepEqual(await points(tracking, 'SPANS', 'total_cost', ['SUM'], late), [
    [{ span_model_name: 'm' }, { SUM: 2.5 }],
  ]);
});

test('figures over many traces read all of them, those over spans of too many are refused', async (t) => {
  const tracking = await openTracking(t);
  const row = {
    workspace_id: workspace.id,
    experiment_id: '0',
    duration: 1,
    state: 'OK',
    document: '{}',
    metadata: '{}',
  };
  await add(tracking, 'a', 0);
  await tracking.store.write(async (writer) => {
    for (let at = 0; at < 4100; at += 100)
      await writer
        .insertInto('mltrack_traces')
        .values(
          Array.from({ length: 100 }, (_, n) => ({ ...row, trace_id: `tr-${at + n}`, requested: at + n, tags: '{}' })),
        )
        .execute();
  });
  assert.deepEqual(await points(tracking, 'TRACES', 'trace_count', ['COUNT']), [[{}, { COUNT: 4101 }]]);
  assert.match((await query(tracking, 'SPANS', 'span_count', ['COUNT'])).message, /at most 2000 traces/);
});

test('what a metric has not is refused', async (t) => {
  const tracking = await openTracking(t);
  const refused: [string, string, (string | number)[], object?][] = [
    ['TRACE', 'trace_count', ['COUNT']],
    ['TRACES', 'toString', ['COUNT']],
    ['TRACES', 'latency', ['COUNT']],
    ['TRACES', 'latency', []],
    ['TRACES', 'latency', [101]],
    ['TRACES', 'latency', ['PERCENTILE']],
    ['TRACES', 'latency', ['AVG'], { dimensions: ['trace_status'] }],
    ['TRACES', 'latency', ['AVG'], { time_interval_seconds: 60 }],
    ['TRACES', 'latency', ['AVG'], { time_interval_seconds: -1 }],
    ['TRACES', 'latency', ['AVG'], { max_results: 0 }],
    ['TRACES', 'latency', ['AVG'], { experiment_ids: [] }],
    ...[
      'status = "OK"',
      "trace.status LIKE 'OK'",
      "trace.status = 'OK' AND trace.status = 'OK'",
      "trace.status.x = 'OK'",
      "trace.tag = 'x'",
      'trace.status = OK',
      "span.name = 'x'",
      "constructor.name = 'x'",
      '',
    ].map((filter): [string, string, string[], object] => ['TRACES', 'latency', ['AVG'], { filters: [filter] }]),
  ];
  for (const args of refused)
    assert.equal((await query(tracking, ...args)).error_code, 'INVALID_PARAMETER_VALUE', JSON.stringify(args));
});

test('a percentile lies linearly between its neighbours', () => {
  assert.deepEqual(
    [0, 50, 75, 100].map((percent) => percentile([1, 2, 4, 8], percent)),
    [1, 3, 5, 8],
  );
  assert.equal(percentile([5], 75), 5);
});
