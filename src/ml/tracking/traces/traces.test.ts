import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { ARTIFACT_CONTAINER, artifactPrefix, workspaceResourceId } from '../../places.ts';
import { OTHER, openTracking, workspace } from '../test-service.ts';

type Tracking = Awaited<ReturnType<typeof openTracking>>;
type Shown = { trace_id: string; tags: Record<string, string>; assessments: { assessment_id: string }[] };

const trace = (id: string, fields: object = {}) => ({
  trace: {
    trace_info: {
      trace_id: `tr-${id}`,
      trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '0' } },
      request_time: '1970-01-01T00:00:01.500Z',
      execution_duration: '0.250s',
      state: 'OK',
      ...fields,
    },
  },
});

const search = async ({ call }: Tracking, filter: string, more: object = {}) => {
  const locations = [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '0' } }];
  const answer = await call('POST', 'traces/search', { locations, filter, ...more });
  assert.equal(answer.status, 200, answer.message);
  return {
    ids: (answer.traces as Shown[]).map((one) => one.trace_id.slice(3)),
    token: answer.next_page_token as string | undefined,
  };
};
const ids = async (tracking: Tracking, filter: string, more: object = {}) =>
  (await search(tracking, filter, more)).ids.join('');

test('a trace is kept as its client gave it, with the address of its spans; told again it is merged', async (t) => {
  const { call } = await openTracking(t);
  const made = await call(
    'POST',
    'traces',
    trace('a', { tags: { 'mlflow.traceName': 'n', 'mlflow.artifactLocation': 'file:///etc' }, client_request_id: 'c' }),
  );
  assert.equal(made.status, 200, made.message);
  assert.equal((await call('POST', 'traces', trace('a', { state: 'ERROR', tags: { more: '1' } }))).status, 200);
  const { trace_info: info } = (await call('GET', 'traces/tr-a')).trace;
  assert.deepEqual(info.tags, {
    'mlflow.traceName': 'n',
    more: '1',
    'mlflow.artifactLocation': 'mlflow-artifacts:/runs/tr-a/artifacts',
  });
  assert.deepEqual(
    [info.state, info.request_time, info.execution_duration, info.client_request_id],
    ['ERROR', '1970-01-01T00:00:01.500Z', '0.250s', 'c'],
  );
  const other = await call('GET', 'traces/tr-a', {}, { base: `/mlflow/v2.0${workspaceResourceId(OTHER)}` });
  assert.equal(other.error_code, 'RESOURCE_DOES_NOT_EXIST', 'another workspace has its own traces');
});

test('what is no trace is refused', async (t) => {
  const { call, newRun } = await openTracking(t);
  await newRun();
  const location = { mlflow_experiment: { experiment_id: 'none' } };
  const refused: [object, string][] = [
    [trace('../x'), 'INVALID_PARAMETER_VALUE'],
    [trace('a', { state: 'FINE' }), 'INVALID_PARAMETER_VALUE'],
    [trace('a', { execution_duration: '1h' }), 'INVALID_PARAMETER_VALUE'],
    [trace('a', { request_time: 'now' }), 'INVALID_PARAMETER_VALUE'],
    [trace('a', { tags: { x: 'y'.repeat(8001) } }), 'INVALID_PARAMETER_VALUE'],
    [trace('a', { trace_location: location }), 'RESOURCE_DOES_NOT_EXIST'],
  ];
  for (const [body, code] of refused)
    assert.equal((await call('POST', 'traces', body)).error_code, code, JSON.stringify(body).slice(0, 200));
  assert.equal((await call('GET', 'traces/tr-a')).error_code, 'RESOURCE_DOES_NOT_EXIST');
});

test('clients of the second version begin and end a trace', async (t) => {
  const { call } = await openTracking(t);
  const { trace_info: begun } = await call('POST', 'traces', {
    experiment_id: '0',
    timestamp_ms: 1000,
    request_metadata: [{ key: 'm', value: '1' }],
    tags: [{ key: 'mlflow.traceName', value: 'old' }],
  });
  assert.equal(begun.status, 'IN_PROGRESS');
  const ended = await call('PATCH', `traces/${begun.request_id}`, { timestamp_ms: 1250, status: 'OK' });
  assert.equal(ended.trace_info.execution_time_ms, 250);
  const { trace_info: info } = await call('GET', `traces/${begun.request_id}/info`);
  assert.deepEqual([info.status, info.request_metadata], ['OK', [{ key: 'm', value: '1' }]]);
  const found = await call('GET', 'traces', { experiment_ids: '0', filter: "name = 'old'" });
  assert.deepEqual(
    (found.traces as { request_id: string }[]).map((one) => one.request_id),
    [begun.request_id],
  );
});

test('a search filters, orders and pages; tags come and go', async (t) => {
  const tracking = await openTracking(t);
  const { call, newRun } = tracking;
  const run = await newRun();
  const time = (n: number) => new Date(n).toISOString();
  await call('POST', 'traces', trace('a', { request_time: time(10), trace_metadata: { 'mlflow.sourceRun': run } }));
  await call('POST', 'traces', trace('b', { request_time: time(20), state: 'ERROR', execution_duration: '2s' }));
  await call('POST', 'traces', trace('c', { request_time: time(30), tags: { 'mlflow.traceName': 'last' } }));
  assert.equal(await ids(tracking, ''), 'cba');
  assert.equal(await ids(tracking, '', { order_by: ['timestamp_ms ASC'] }), 'abc');
  assert.equal(await ids(tracking, '', { order_by: ['execution_time DESC'] }), 'bca');
  const first = await search(tracking, '', { max_results: 2 });
  assert.deepEqual(first.ids, ['c', 'b']);
  assert.equal(await ids(tracking, '', { max_results: 2, page_token: first.token }), 'a');
  const filters: [string, string][] = [
    ["status = 'ERROR'", 'b'],
    ["trace.status IN ('OK', 'IN_PROGRESS')", 'ca'],
    ['timestamp_ms > 10 AND execution_time_ms < 1000', 'c'],
    ['end_time_ms >= 2020', 'b'],
    ["name LIKE 'la%'", 'c'],
    ["name RLIKE '^l.st$'", 'c'],
    ["status RLIKE 'R+O'", 'b'],
    ["metadata.`mlflow.sourceRun` RLIKE '.'", 'a'],
    [`run_id = '${run}'`, 'a'],
    [`metadata.\`mlflow.sourceRun\` = '${run}'`, 'a'],
    ['metadata.`mlflow.sourceRun` IS NULL', 'cb'],
    ['tags.`mlflow.traceName` IS NOT NULL', 'c'],
  ];
  for (const [filter, found] of filters) assert.equal(await ids(tracking, filter), found, filter);
  assert.deepEqual(await call('POST', 'traces/link-to-run', { trace_ids: ['tr-c'], run_id: run }), { status: 200 });
  assert.equal(await ids(tracking, `run_id = '${run}'`), 'ca');
  const lost = await call('POST', 'traces/link-to-run', { trace_ids: ['tr-b', 'tr-x'], run_id: run });
  assert.equal(lost.error_code, 'RESOURCE_DOES_NOT_EXIST');
  assert.equal(await ids(tracking, `run_id = '${run}'`), 'ca', 'nothing of a refused call stays');
  await call('POST', 'traces/link-prompts', { trace_id: 'tr-b', prompt_versions: [{ name: 'p', version: '2' }] });
  assert.equal(await ids(tracking, "prompt = 'p/2'"), 'b');

  await call('PATCH', 'traces/tr-a/tags', { key: 'k', value: 'v' });
  assert.equal(await ids(tracking, "tags.k = 'v'"), 'a');
  await call('DELETE', 'traces/tr-a/tags', { key: 'k' });
  assert.equal(await ids(tracking, "tags.k = 'v'"), '');
  assert.equal((await call('DELETE', 'traces/tr-a/tags', { key: 'k' })).error_code, 'RESOURCE_DOES_NOT_EXIST');

  const locations = [{ mlflow_experiment: { experiment_id: '0' } }];
  for (const [fields, code] of [
    [{ filter: "nonsense = 'x'" }, 'INVALID_PARAMETER_VALUE'],
    [{ filter: 'metrics.x > 1' }, 'INVALID_PARAMETER_VALUE'],
    [{ filter: "feedback.x > 'y'" }, 'INVALID_PARAMETER_VALUE'],
    [{ max_results: 501 }, 'INVALID_PARAMETER_VALUE'],
    [{ filter: "span.nonsense = 'x'" }, 'INVALID_PARAMETER_VALUE'],
    [{ filter: "span.content = 'x'" }, 'INVALID_PARAMETER_VALUE'],
    [{ filter: "issue.name = 'x'" }, 'INVALID_PARAMETER_VALUE'],
    [{ filter: "issue.id != 'x'" }, 'INVALID_PARAMETER_VALUE'],
    [{ filter: "name RLIKE '(a'" }, 'INVALID_PARAMETER_VALUE'],
    [{ filter: "trace.text RLIKE 'a'" }, 'INVALID_PARAMETER_VALUE'],
    [{ filter: "timestamp_ms RLIKE '1'" }, 'INVALID_PARAMETER_VALUE'],
    [{ filter: "name RLIKE '(?=a)'" }, 'INVALID_PARAMETER_VALUE'],
  ] as const)
    assert.equal((await call('POST', 'traces/search', { locations, ...fields })).error_code, code);
});

test('assessments are made, changed, overridden, found and deleted', async (t) => {
  const tracking = await openTracking(t);
  const { call } = tracking;
  for (const id of ['a', 'b']) await call('POST', 'traces', trace(id));
  const source = { source_type: 'HUMAN', source_id: 'eve' };
  const make = (id: string, name: string, value: unknown, more: object = {}) =>
    call('POST', `traces/tr-${id}/assessments`, {
      assessment: { assessment_name: name, source, feedback: { value }, ...more },
    });
  const { assessment: correct } = await make('a', 'correct', false, { metadata: { a: '1' } });
  await make('b', 'score', 0.75);
  assert.equal(await ids(tracking, "feedback.correct = 'false'"), 'a');
  assert.equal(await ids(tracking, 'feedback.score >= 0.75'), 'b');
  assert.equal(await ids(tracking, "feedback.score = '0.75'"), 'b');
  assert.equal(await ids(tracking, "feedback.correct RLIKE '^f'"), 'a');
  assert.equal(await ids(tracking, 'feedback.score IS NULL'), 'a');
  const path = `traces/tr-a/assessments/${correct.assessment_id}`;
  const changed = await call('PATCH', path, {
    assessment: { rationale: 'r', metadata: { b: '2' }, feedback: { value: 'no' } },
    update_mask: 'rationale,metadata',
  });
  assert.deepEqual(
    [changed.assessment.rationale, changed.assessment.metadata, changed.assessment.feedback],
    ['r', { a: '1', b: '2' }, { value: false }],
    'only what the mask names',
  );
  const wrong = await call('PATCH', path, {
    assessment: { expectation: { value: 1 } },
    update_mask: { paths: ['expectation'] },
  });
  assert.equal(wrong.error_code, 'INVALID_PARAMETER_VALUE');
  const { assessment: over } = await make('a', 'correct', true, { overrides: correct.assessment_id });
  assert.equal((await call('GET', path)).assessment.valid, false);
  assert.equal(await ids(tracking, "feedback.correct = 'false'"), '');
  assert.equal(await ids(tracking, "feedback.correct = 'true'"), 'a');
  await call('DELETE', `traces/tr-a/assessments/${over.assessment_id}`);
  assert.equal((await call('GET', path)).assessment.valid, true);
  const { trace_info: info } = (await call('GET', 'traces/tr-a')).trace;
  assert.deepEqual(
    (info as Shown).assessments.map((one) => one.assessment_id),
    [correct.assessment_id],
  );
  assert.equal((await make('x', 'n', 1)).error_code, 'RESOURCE_DOES_NOT_EXIST');
  assert.equal((await make('a', 'n', 1, { expectation: {} })).error_code, 'INVALID_PARAMETER_VALUE');
  assert.equal((await make('a', 'n', 1, { overrides: 'a-none' })).error_code, 'RESOURCE_DOES_NOT_EXIST');
  assert.equal((await call('GET', 'traces/tr-b/assessments/x')).error_code, 'RESOURCE_DOES_NOT_EXIST');
});

test('the traces of an issue are found and counted', async (t) => {
  const tracking = await openTracking(t);
  const { call } = tracking;
  const make = async (name: string) =>
    (await call('POST', 'issues', { experiment_id: '0', name, description: 'd' })).issue.issue_id as string;
  const [few, many, none] = [await make('few'), await make('many'), await make('none')];
  for (const id of ['a', 'b']) await call('POST', 'traces', trace(id));
  const source = { source_type: 'HUMAN', source_id: 'eve' };
  for (const [id, issue] of [
    ['a', few],
    ['a', many],
    ['b', many],
    ['b', many],
  ] as const)
    await call('POST', `traces/tr-${id}/assessments`, {
      assessment: { assessment_name: issue, source, issue: { issue_name: 'n' } },
    });
  // A feedback of the same name refers to no issue, whatever it says.
  await call('POST', 'traces/tr-b/assessments', {
    assessment: { assessment_name: few, source, feedback: { value: '"issue":{' } },
  });
  assert.equal(await ids(tracking, `issue.id = '${few}'`), 'a');
  assert.equal(await ids(tracking, `issue.id = '${many}' AND status = 'OK'`), 'ab');
  assert.equal(await ids(tracking, `issue.id = '${none}'`), '');
  const counted = await call('POST', 'issues/search', { experiment_id: '0', include_trace_count: true });
  assert.deepEqual(
    (counted.issues as { name: string; trace_count: number }[]).map((one) => [one.name, one.trace_count]),
    [
      ['many', 2],
      ['few', 1],
      ['none', 0],
    ],
  );
});

test('two filters are correlated by the traces that they find', async (t) => {
  const { call } = await openTracking(t);
  for (const [id, state, team] of [
    ['a', 'OK', 'x'],
    ['b', 'OK', 'x'],
    ['c', 'ERROR', 'y'],
    ['d', 'ERROR', 'x'],
  ] as const)
    await call('POST', 'traces', trace(id, { state, tags: { team } }));
  const ask = (one: string, other: string, base = '') =>
    call('POST', 'traces/calculate-filter-correlation', {
      experiment_ids: ['0'],
      filter_string1: one,
      filter_string2: other,
      ...(base === '' ? {} : { base_filter: base }),
    });
  const some = await ask("status = 'OK'", "tags.team = 'x'");
  assert.deepEqual([some.filter1_count, some.filter2_count, some.joint_count, some.total_count], [2, 3, 2, 4]);
  // ln((2·4)/(2·3)) / ln(4/2)
  assert.ok(Math.abs(some.npmi - Math.log(4 / 3) / Math.log(2)) < 1e-12);
  assert.ok(some.npmi_smoothed > 0 && some.npmi_smoothed < some.npmi);
  assert.equal((await ask("status = 'OK'", "tags.team = 'y'")).npmi, -1);
  assert.equal((await ask("status = 'ERROR'", "tags.team = 'y'", "tags.team = 'y'")).npmi, 1);
  const nothing = await ask("status = 'OK'", "tags.team = 'none'");
  assert.deepEqual([nothing.filter1_count, nothing.filter2_count, 'npmi' in nothing], [2, 0, false]);
});

/** The spans where a client of the trace's own address puts them. */
function putSpans({ folder }: Tracking, id: string, text: string): string {
  const file = join(folder, workspace.storageAccount, ARTIFACT_CONTAINER, artifactPrefix(id), 'traces.json');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

test('a trace comes with its spans, and goes with them', async (t) => {
  const tracking = await openTracking(t);
  const { call } = tracking;
  for (const id of ['a', 'b']) await call('POST', 'traces', trace(id));
  assert.equal((await call('GET', 'traces/get', { trace_id: 'tr-a' })).error_code, 'RESOURCE_DOES_NOT_EXIST');
  const span = {
    trace_id: 'AAAA',
    span_id: 'BBBB',
    parent_span_id: null,
    name: 's',
    start_time_unix_nano: 1,
    end_time_unix_nano: 2,
    events: [],
    status: { code: 'STATUS_CODE_OK', message: '' },
    attributes: { 'mlflow.spanInputs': '{"x": [1, 2.5, null, true]}', plain: 'text' },
  };
  const file = putSpans(tracking, 'tr-a', JSON.stringify({ spans: [span] }));
  const { trace: found } = await call('GET', 'traces/get', { trace_id: 'tr-a' });
  const values = [{ int_value: '1' }, { double_value: 2.5 }, {}, { bool_value: true }];
  assert.deepEqual(found.spans[0].attributes, [
    {
      key: 'mlflow.spanInputs',
      value: { kvlist_value: { values: [{ key: 'x', value: { array_value: { values } } }] } },
    },
    { key: 'plain', value: { string_value: 'text' } },
  ]);
  const filters: [string, string][] = [
    ["span.name = 's' AND span.status = 'OK' AND span.type = 'UNKNOWN'", 'a'],
    ["span.name = 's' AND span.status = 'ERROR'", ''],
    ["span.name IN ('r', 's')", 'a'],
    ["span.attributes.plain LIKE 'te%'", 'a'],
    ["span.attributes.plain RLIKE '^t.xt$' AND span.name RLIKE 's'", 'a'],
    ["trace.text LIKE '%2.5%' AND status = 'OK'", 'a'],
    ["span.attributes.none != 'x'", ''],
  ];
  for (const [filter, wanted] of filters) assert.equal(await ids(tracking, filter), wanted, filter);
  const together = await call('POST', 'traces/calculate-filter-correlation', {
    experiment_ids: ['0'],
    filter_string1: "span.name = 's'",
    filter_string2: "status = 'OK'",
  });
  assert.deepEqual([together.filter1_count, together.filter2_count, together.joint_count], [1, 2, 1]);
  const batch = await call('GET', 'traces/batchGet', { trace_ids: 'tr-a' });
  assert.equal(batch.traces.length, 1);
  const infos = await call('POST', 'traces/batchGetInfos', { trace_ids: ['tr-b', 'tr-x', 'tr-a'] });
  assert.deepEqual(
    (infos.trace_infos as Shown[]).map((one) => one.trace_id),
    ['tr-b', 'tr-a'],
  );
  for (const fields of [
    {},
    { request_ids: ['tr-a'], max_timestamp_millis: 1 },
    { request_ids: ['tr-a'], max_traces: 1 },
  ])
    assert.equal(
      (await call('POST', 'traces/delete-traces', { experiment_id: '0', ...fields })).error_code,
      'INVALID_PARAMETER_VALUE',
    );
  const elsewhere = await call('POST', 'traces/delete-traces', { experiment_id: '1', request_ids: ['tr-a'] });
  assert.equal(elsewhere.traces_deleted, 0, "another experiment's traces stay");
  const gone = await call('POST', 'traces/delete-traces', { experiment_id: '0', request_ids: ['tr-a', 'tr-x'] });
  assert.deepEqual([gone.traces_deleted, existsSync(file)], [1, false]);
  assert.equal(await ids(tracking, ''), 'b');
  const rest = await call('POST', 'traces/delete-traces', {
    experiment_id: '0',
    max_timestamp_millis: 1500,
    max_traces: 5,
  });
  assert.equal(rest.traces_deleted, 1);
});
