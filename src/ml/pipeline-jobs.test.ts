import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { WS } from './arm-scene.ts';
import { closeScenes, command, found, openLocalScene } from './local-scene.ts';

after(closeScenes);

describe('pipelines', () => {
  test('nodes read what others wrote, literals bind, the pipeline output is the node output', async () => {
    const s = await openLocalScene();
    await s.component('make', {
      command: 'echo ${{inputs.word}} >${{outputs.out}}/word.txt',
      inputs: { word: { type: 'string', default: 'none' } },
      outputs: { out: { type: 'uri_folder' } },
    });
    await s.component('join', {
      command: 'cat ${{inputs.a}}/word.txt ${{inputs.b}}/word.txt >${{outputs.all}}/all.txt',
      inputs: { a: { type: 'uri_folder' }, b: { type: 'uri_folder' } },
      outputs: { all: { type: 'uri_folder' } },
    });
    const id = (name: string) => `${WS}/components/${name}/versions/1`;
    await s.put('jobs/pipe', {
      jobType: 'Pipeline',
      settings: { default_compute: `${WS}/computes/cpu-cluster` },
      inputs: { word: { jobInputType: 'literal', value: 'hi' } },
      outputs: { result: { jobOutputType: 'uri_folder' } },
      jobs: {
        last: {
          type: 'command',
          componentId: id('join'),
          inputs: {
            a: { job_input_type: 'literal', value: '${{parent.jobs.first.outputs.out}}' },
            b: { job_input_type: 'literal', value: '${{parent.jobs.second.outputs.out}}' },
          },
          outputs: { all: { value: '${{parent.outputs.result}}', type: 'literal' } },
        },
        first: {
          type: 'command',
          componentId: id('make'),
          inputs: { word: { job_input_type: 'literal', value: '${{parent.inputs.word}}-there' } },
        },
        second: { type: 'command', componentId: id('make') },
      },
    });
    const ended = await s.end('pipe');
    assert.equal(ended.status, 'Completed', JSON.stringify(ended));
    const [file] = found(join(s.root, 'blobs'), 'all.txt');
    assert.match(file ?? '', /azureml\/pipe\/result\/all\.txt$/);
    assert.equal(readFileSync(file as string, 'utf8'), 'hi-there\nnone\n');
  });

  test('local mode makes a compute that only a pipeline component names, and strict mode says that it is missing', async () => {
    const inner = {
      type: 'pipeline',
      jobs: { only: { type: 'command', ...command('true'), computeId: 'azureml:inner-cluster' } },
    };
    const job = {
      jobType: 'Pipeline',
      settings: {},
      jobs: { outer: { type: 'pipeline', componentId: `${WS}/components/nested/versions/1` } },
    };
    const s = await openLocalScene();
    await s.put('components/nested/versions/1', { componentSpec: { name: 'nested', ...inner } });
    await s.put('jobs/deep', job);
    assert.equal(s.said.at(-1), 'created compute cluster inner-cluster in workspace ws');
    assert.equal((await s.end('deep')).status, 'Completed');
    const strict = await openLocalScene(undefined, true);
    await strict.send('PUT', WS, { location: 'eastus', properties: {} });
    await strict.put('components/nested/versions/1', { componentSpec: { name: 'nested', ...inner } });
    const refused = await strict.send('PUT', `${WS}/jobs/deep`, { properties: job });
    assert.equal(refused.status, 404);
    assert.match(refused.text, /no compute 'inner-cluster'/);
  });

  test('a node’s compute may be an input of its pipeline, handed down to a pipeline in it', async () => {
    const s = await openLocalScene();
    const compute = (name: string) => `\${{parent.inputs.${name}}}`;
    await s.put('components/nested/versions/1', {
      componentSpec: {
        name: 'nested',
        type: 'pipeline',
        inputs: { node_compute: { type: 'string' } },
        jobs: { only: { type: 'command', ...command('true'), computeId: compute('node_compute') } },
      },
    });
    const job = (wanted: string) => ({
      jobType: 'Pipeline',
      inputs: { where: { jobInputType: 'literal', value: wanted } },
      jobs: {
        outer: {
          type: 'pipeline',
          componentId: `${WS}/components/nested/versions/1`,
          inputs: { node_compute: { job_input_type: 'literal', value: compute('where') } },
        },
        own: { type: 'command', ...command('true'), computeId: compute('where') },
      },
    });
    await s.put('jobs/there', job('azureml:wanted-cluster'));
    assert.equal(s.said.at(-1), 'created compute cluster wanted-cluster in workspace ws');
    assert.equal((await s.end('there')).status, 'Completed');
  });

  test('the places of outputs may name the default datastore', async () => {
    const s = await openLocalScene();
    const uri = 'azureml://datastores/${{default_datastore}}/paths/mine/${{output_name}}/';
    await s.put('jobs/placed', {
      jobType: 'Pipeline',
      settings: { default_compute: `${WS}/computes/cpu-cluster` },
      outputs: { all: { jobOutputType: 'uri_folder', uri } },
      jobs: {
        one: {
          type: 'command',
          ...command('echo 1 >${{outputs.o}}/1; echo 2 >${{outputs.all}}/2'),
          outputs: {
            o: { job_output_type: 'uri_folder', uri },
            all: { value: '${{parent.outputs.all}}', type: 'literal' },
          },
        },
      },
    });
    const ended = await s.end('placed');
    assert.equal(ended.status, 'Completed', JSON.stringify(ended));
    assert.match(found(join(s.root, 'blobs'), '1')[0] ?? '', /mine\/o\/1$/);
    assert.match(found(join(s.root, 'blobs'), '2')[0] ?? '', /mine\/all\/2$/);
  });

  test('a circle, an unknown binding and a missing input are refused, and nothing is kept', async () => {
    const s = await openLocalScene();
    await s.component('step', {
      command: 'true',
      inputs: { x: { type: 'uri_folder' } },
      outputs: { y: { type: 'uri_folder' } },
    });
    const node = (value?: string) => ({
      type: 'command',
      componentId: `${WS}/components/step/versions/1`,
      inputs: value === undefined ? {} : { x: { job_input_type: 'literal', value } },
    });
    const refusals: [object, RegExp][] = [
      [{ a: node('${{parent.jobs.b.outputs.y}}'), b: node('${{parent.jobs.a.outputs.y}}') }, /wait for each other/],
      [{ a: node('${{parent.jobs.c.outputs.y}}') }, /'c', which is not a node/],
      [{ a: node('${{parent.inputs.gone}}') }, /has no value/],
      [{ a: node() }, /no value for the required input 'x'/],
    ];
    for (const [jobs, message] of refusals) {
      const answer = await s.send('PUT', `${WS}/jobs/refused`, {
        properties: { jobType: 'Pipeline', settings: {}, jobs },
      });
      assert.equal(answer.status, 400);
      assert.match(answer.text, message);
    }
    assert.equal((await s.send('GET', `${WS}/jobs/refused`)).status, 404);
  });

  test('a failed node fails the pipeline, with the step named', async () => {
    const s = await openLocalScene();
    await s.put('jobs/pf', {
      jobType: 'Pipeline',
      settings: { continue_on_step_failure: false },
      jobs: {
        ok: { type: 'command', ...command('echo fine') },
        bad: { type: 'command', ...command('echo broken; exit 1') },
      },
    });
    const ended = await s.end('pf');
    assert.equal(ended.status, 'Failed');
    assert.match(ended.error?.message ?? '', /'bad'[\s\S]*broken/);
  });
});
