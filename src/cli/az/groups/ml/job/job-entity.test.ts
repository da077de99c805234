import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WORKSPACE } from '../../../testing/fake-azure.ts';
import { jobEntity } from './job-entity.ts';

const COMPONENT = `${WORKSPACE}/components/azureml_anonymous/versions/fc10317a`;

/** A pipeline's node as it is shown, of what the wire has of it. */
function shown(node: Record<string, unknown>): unknown {
  const properties = { jobType: 'Pipeline', jobs: { n: node } };
  const entity = jobEntity({ id: `${WORKSPACE}/jobs/j`, name: 'j', properties }, 't');
  return (entity['jobs'] as Record<string, unknown>)['n'];
}

// Wire and output as recorded with the public extension 2.42.0.
describe('jobs as az ml shows them', () => {
  test('a parallel node', () => {
    const task = {
      type: 'run_function',
      entry_script: 'main.py',
      environment: 'azureml:/x',
      append_row_to: '${{outputs.r}}',
    };
    const rest = {
      error_threshold: 2,
      input_data: '${{inputs.in}}',
      logging_level: 'DEBUG',
      max_concurrency_per_instance: 1,
      mini_batch_error_threshold: 1,
      retry_settings: { max_retries: 1, timeout: 30 },
      resources: { instance_count: 1 },
    };
    assert.deepEqual(
      shown({
        ...rest,
        _source: 'YAML.JOB',
        componentId: COMPONENT,
        inputs: { in: { job_input_type: 'literal', value: '${{parent.jobs.a.outputs.o}}' } },
        mini_batch_size: 1,
        name: 'n',
        outputs: { r: { job_output_type: 'uri_file' } },
        task,
        type: 'parallel',
      }),
      {
        ...rest,
        component: 'azureml:azureml_anonymous:fc10317a',
        inputs: { in: { path: '${{parent.jobs.a.outputs.o}}' } },
        mini_batch_size: '1',
        outputs: { r: { type: 'uri_file' } },
        task,
        type: 'parallel',
      },
    );
  });

  test('a sweep node', () => {
    const rest = {
      limits: { max_total_trials: 2, timeout: 300, trial_timeout: 100 },
      objective: { goal: 'maximize', primary_metric: 'acc' },
      sampling_algorithm: { seed: 4, type: 'random' },
      search_space: { c: { type: 'choice', values: [1, 2] } },
    };
    assert.deepEqual(
      shown({
        ...rest,
        computeId: `${WORKSPACE}/computes/cpu`,
        early_termination: { delay_evaluation: 3, evaluation_interval: 1, policy_type: 'MedianStopping' },
        name: 'n',
        trial: { componentId: COMPONENT },
        type: 'sweep',
      }),
      {
        ...rest,
        compute: 'azureml:cpu',
        early_termination: { delay_evaluation: 3, evaluation_interval: 1, type: 'median_stopping' },
        trial: 'azureml:azureml_anonymous:fc10317a',
        type: 'sweep',
      },
    );
  });

  test('choices and loops', () => {
    for (const node of [
      { type: 'if_else', condition: '${{parent.inputs.flag}}', true_block: '${{parent.jobs.y}}' },
      { type: 'if_else', condition: false, false_block: '${{parent.jobs.y}}' },
      {
        type: 'do_while',
        body: '${{parent.jobs.y}}',
        condition: 'c',
        mapping: { c: ['q'] },
        limits: { max_iteration_count: 3 },
      },
      { type: 'parallel_for', body: '${{parent.jobs.y}}', items: '[{"q": 1}]', max_concurrency: 2 },
    ])
      assert.deepEqual(shown({ ...node, _source: 'YAML.JOB' }), node);
  });

  test('the services that a command job asked for', () => {
    const services = {
      my_ssh: { jobServiceType: 'SSH', nodes: { nodesValueType: 'All' }, properties: { sshPublicKeys: 'ssh-rsa A' } },
      my_tb: { jobServiceType: 'TensorBoard', properties: { logDir: 'logs' } },
    };
    const properties = { jobType: 'Command', command: 'ls', services };
    assert.deepEqual(jobEntity({ id: `${WORKSPACE}/jobs/j`, name: 'j', properties }, 't')['services'], {
      my_ssh: { type: 'ssh', nodes: 'all', properties: { sshPublicKeys: 'ssh-rsa A' }, ssh_public_keys: 'ssh-rsa A' },
      my_tb: { type: 'tensor_board', properties: { logDir: 'logs' }, log_dir: 'logs' },
    });
  });
});
