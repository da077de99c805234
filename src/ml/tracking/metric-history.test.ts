import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { openStore, type Store } from '../../store/index.ts';
import { mlMigrations } from '../tables.ts';
import { type TrackingTables, trackingMigrations } from './tables.ts';
import { openTracking } from './test-service.ts';

type Point = { value: number | string; step: number; timestamp: number };

test('a long series is read whole in pages, and thinned between its first and its last point', async (t) => {
  const { call, newRun } = await openTracking(t);
  const id = await newRun();
  const count = 5000;
  for (let at = 0; at < count; at += 1000) {
    const metrics = Array.from({ length: 1000 }, (_, n) => ({
      key: 'm',
      value: (at + n) / 7,
      step: at + n,
      timestamp: 10 + at + n,
    }));
    await call('POST', 'runs/log-batch', { run_id: id, metrics });
  }
  const whole: Point[] = [];
  let token = '';
  do {
    const page = await call('GET', 'metrics/get-history', {
      run_id: id,
      metric_key: 'm',
      max_results: 1200,
      page_token: token,
    });
    assert.equal(page.status, 200, page.message);
    whole.push(...page.metrics);
    token = page.next_page_token ?? '';
  } while (token !== '');
  assert.deepEqual(
    whole.map((point) => point.step),
    Array.from({ length: count }, (_, step) => step),
  );
  assert.equal(whole[4321]?.value, 4321 / 7, 'exact');
  const thin = async (fields: object): Promise<Point[]> =>
    (await call('GET', 'metrics/get-history-bulk-interval', { run_ids: id, metric_key: 'm', ...fields })).metrics;
  const some = (await thin({ max_results: 100 })).map((point) => point.step);
  assert.deepEqual([some.length, some[0], some.at(-1)], [100, 0, count - 1]);
  const gaps = some.slice(1).map((step, at) => step - (some[at] as number));
  assert.ok(Math.max(...gaps) <= 52 && Math.min(...gaps) >= 49, `evenly: ${gaps}`);
  assert.deepEqual(
    (await thin({ max_results: 100, start_step: 10, end_step: 20 })).map((point) => point.step),
    [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
  );
  assert.deepEqual(
    (await thin({ max_results: 1 })).map((point) => point.step),
    [count - 1],
  );
  assert.equal(
    (await call('GET', 'metrics/get-history', { run_id: id, metric_key: 'm', page_token: 'bent' })).status,
    400,
  );
});

test('points without steps are thinned along their times; points out of order are read by time', async (t) => {
  const { call, newRun } = await openTracking(t);
  const id = await newRun();
  const still = Array.from({ length: 900 }, (_, n) => ({ key: 'still', value: n, timestamp: 1000 + n * 2 }));
  await call('POST', 'runs/log-batch', { run_id: id, metrics: still });
  const thinned = await call('GET', 'metrics/get-history-bulk-interval', {
    run_ids: id,
    metric_key: 'still',
    max_results: 10,
  });
  assert.deepEqual(
    thinned.metrics.map((point: Point) => point.timestamp).filter((_: number, at: number) => at === 0 || at === 9),
    [1000, 2798],
  );
  assert.equal(thinned.metrics.length, 10);
  for (const [step, timestamp] of [
    [5, 100],
    [1, 200],
    [3, 150],
  ])
    await call('POST', 'runs/log-metric', { run_id: id, key: 'wild', value: step, step, timestamp });
  const history = await call('GET', 'metrics/get-history', { run_id: id, metric_key: 'wild' });
  assert.deepEqual(
    history.metrics.map((point: Point) => point.step),
    [5, 3, 1],
  );
  const page = await call('GET', 'metrics/get-history', { run_id: id, metric_key: 'wild', max_results: 2 });
  const rest = await call('GET', 'metrics/get-history', {
    run_id: id,
    metric_key: 'wild',
    max_results: 2,
    page_token: page.next_page_token,
  });
  assert.deepEqual(
    [...page.metrics, ...rest.metrics].map((point: Point) => point.step),
    [5, 3, 1],
  );
  const { run } = await call('GET', 'runs/get', { run_id: id });
  assert.equal(run.data.metrics.find((one: { key: string }) => one.key === 'wild').value, 5, 'the latest is by step');
});

test('a metric tied to models is one metric of its run, with the latest value of them all', async (t) => {
  const { call, newRun } = await openTracking(t);
  const id = await newRun();
  for (const [model_id, value, step] of [
    ['m-1', 0.1, 1],
    ['m-2', 0.2, 2],
    [undefined, 0.3, 0],
  ] as const)
    await call('POST', 'runs/log-metric', {
      run_id: id,
      key: 'acc',
      value,
      step,
      timestamp: 1,
      ...(model_id ? { model_id } : {}),
    });
  const { run } = await call('GET', 'runs/get', { run_id: id });
  assert.deepEqual(run.data.metrics, [{ key: 'acc', value: 0.2, timestamp: 1, step: 2 }]);
  const history = await call('GET', 'metrics/get-history', { run_id: id, metric_key: 'acc' });
  assert.deepEqual(
    history.metrics.map((one: { model_id?: string; step: number }) => [one.step, one.model_id]),
    [
      [0, undefined],
      [1, 'm-1'],
      [2, 'm-2'],
    ],
  );
});

test('metrics of a database from before they were kept as series are all there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-series-'));
  const file = join(folder, 'db.sqlite');
  const until = trackingMigrations.findIndex((migration) => migration.name === 'mltrack/0003-series');
  const old = await openStore(file, [...mlMigrations, ...trackingMigrations.slice(0, until)]);
  const model = `m-${'a'.repeat(32)}`;
  const row = (key: string, value: string, step: number, context = '') => ({
    workspace_id: 'w',
    run_id: 'r',
    key,
    value,
    timestamp: 5,
    step,
    context,
  });
  await old.write((writer) =>
    writer
      .insertInto('mltrack_metrics')
      .values([
        row('loss', '0.5', 1),
        row('loss', '0.25', 2),
        row('loss', 'NaN', 2),
        row('far', '-Infinity', 0),
        row('acc', '1', 0, `{"model_id":"${model}"}`),
      ])
      .execute(),
  );
  await old.close();
  const store: Store<TrackingTables> = await openStore(file, [...mlMigrations, ...trackingMigrations]);
  const series = await store.read.selectFrom('mltrack_series').selectAll().orderBy('key').execute();
  assert.deepEqual(
    series.map((one) => [one.key, one.value, one.step, one.model_id]),
    [
      ['acc', '1', 0, model],
      ['far', '-Infinity', 0, ''],
      ['loss', '0.25', 2, ''],
    ],
  );
  const points = await store.read
    .selectFrom('mltrack_points')
    .selectAll()
    .where('series_id', '=', series[2]?.series_id as number)
    .execute();
  assert.equal(points.length, 3);
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});
