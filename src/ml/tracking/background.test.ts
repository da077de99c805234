import assert from 'node:assert/strict';
import test from 'node:test';
import { openTracking } from './test-service.ts';

test('what share of new traces a scorer is to look at is kept until its scorer goes', async (t) => {
  const { call, service, base } = await openTracking(t);
  const judge = (model: string, instructions = 'Is {{ outputs }} right?') =>
    JSON.stringify({ name: 's', instructions_judge_pydantic_data: { model, instructions } });
  const register = (name: string, content: string) =>
    call('POST', 'scorers/register', { experiment_id: '0', name, serialized_scorer: content });
  const set = async (fields: object) => {
    const answer = await service.inject({
      method: 'PUT',
      url: `${base}/api/3.0/mlflow/scorers/online-config`,
      headers: { authorization: 'Bearer x', host: '127.0.0.1:1' },
      payload: { experiment_id: '0', name: 's', ...fields },
    });
    return answer.json();
  };
  const { scorer_id: id } = await register('s', judge('gateway:/chat'));
  await register('own', judge('openai:/gpt'));
  await register('wants', judge('gateway:/chat', 'Is it {{ expectations }}?'));
  const kept = async () =>
    (await call('GET', 'scorers/online-configs', { scorer_ids: id })).configs as Record<string, unknown>[];
  assert.deepEqual(await kept(), []);
  const { config } = await set({ sample_rate: 0.25, filter_string: "status = 'OK'" });
  assert.deepEqual(await kept(), [config]);
  assert.deepEqual([config.scorer_id, config.sample_rate, config.filter_string], [id, 0.25, "status = 'OK'"]);
  const { config: other } = await set({ sample_rate: 1 });
  assert.deepEqual(await kept(), [other]);
  assert.equal('filter_string' in other, false);
  for (const [fields, code] of [
    [{ sample_rate: 1.5 }, 'INVALID_PARAMETER_VALUE'],
    [{}, 'INVALID_PARAMETER_VALUE'],
    [{ sample_rate: 0.5, filter_string: 'nonsense' }, 'INVALID_PARAMETER_VALUE'],
    [{ sample_rate: 0.5, name: 'none' }, 'RESOURCE_DOES_NOT_EXIST'],
    [{ sample_rate: 0.5, name: 'own' }, 'INVALID_PARAMETER_VALUE'],
    [{ sample_rate: 0.5, name: 'wants' }, 'INVALID_PARAMETER_VALUE'],
    [{ sample_rate: 0.5, experiment_id: 'none' }, 'RESOURCE_DOES_NOT_EXIST'],
  ] as const)
    assert.equal((await set(fields)).error_code, code, JSON.stringify(fields));
  assert.equal((await set({ sample_rate: 0, name: 'own' })).config.sample_rate, 0, 'none of the traces: any scorer');
  await call('DELETE', 'scorers/delete', { experiment_id: '0', name: 's' });
  assert.deepEqual(await kept(), []);
});

test('a job that would optimize a prompt is kept with its run, and has failed with what is not there', async (t) => {
  const { call } = await openTracking(t);
  const config = {
    optimizer_type: 'OPTIMIZER_TYPE_GEPA',
    scorers: ['Correctness'],
    optimizer_config_json: '{"reflection_model": "openai:/gpt"}',
  };
  const create = (fields: object) =>
    call('POST', 'prompt-optimization/jobs', {
      experiment_id: '0',
      source_prompt_uri: 'prompts:/greeting/2',
      config,
      ...fields,
    });
  const { job } = await create({ tags: [{ key: 'a', value: 'b' }] });
  assert.deepEqual([job.state.status, job.tags], ['JOB_STATUS_FAILED', [{ key: 'a', value: 'b' }]]);
  assert.match(job.state.error_message, /^not implemented: .*language model/);
  await call('POST', 'runs/log-metric', {
    run_id: job.run_id,
    key: 'initial_eval_score.Correctness',
    value: 0.5,
    timestamp: 1,
  });
  await call('POST', 'runs/log-metric', { run_id: job.run_id, key: 'initial_eval_score', value: 0.25, timestamp: 1 });
  const { job: found } = await call('GET', `prompt-optimization/jobs/${job.job_id}`);
  assert.deepEqual(found.initial_eval_scores, { aggregate: 0.25, Correctness: 0.5 });
  const { run } = await call('GET', 'runs/get', { run_id: job.run_id });
  assert.equal(run.info.status, 'FAILED');
  assert.match(run.info.run_name, /^optimize_prompt_gepa_greeting_2_/);
  assert.ok((run.data.params as { key: string; value: string }[]).some((one) => one.value === '["Correctness"]'));
  const listed = await call('POST', 'prompt-optimization/jobs/search', { experiment_id: '0' });
  assert.deepEqual(listed.jobs, [job]);
  const cancel = await call('POST', `prompt-optimization/jobs/${job.job_id}/cancel`);
  assert.equal(cancel.error_code, 'INVALID_PARAMETER_VALUE');
  for (const [fields, code] of [
    [{ source_prompt_uri: '' }, 'INVALID_PARAMETER_VALUE'],
    [{ experiment_id: 'none' }, 'RESOURCE_DOES_NOT_EXIST'],
    [{ config: {} }, 'INVALID_PARAMETER_VALUE'],
    [{ config: { ...config, optimizer_type: 'toString' } }, 'INVALID_PARAMETER_VALUE'],
    [{ config: { ...config, optimizer_config_json: '{' } }, 'INVALID_PARAMETER_VALUE'],
    [{ config: { ...config, optimizer_config_json: `"${'x'.repeat(6000)}"` } }, 'INVALID_PARAMETER_VALUE'],
    [{ config: { ...config, dataset_id: 'd-none' } }, 'RESOURCE_DOES_NOT_EXIST'],
  ] as const)
    assert.equal((await create(fields)).error_code, code, JSON.stringify(fields).slice(0, 200));
  assert.equal((await call('DELETE', `prompt-optimization/jobs/${job.job_id}`)).status, 200);
  assert.equal((await call('GET', `prompt-optimization/jobs/${job.job_id}`)).error_code, 'RESOURCE_DOES_NOT_EXIST');
  assert.equal((await call('GET', 'runs/get', { run_id: job.run_id })).run.info.lifecycle_stage, 'deleted');
});
