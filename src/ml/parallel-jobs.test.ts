import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { WS } from './arm-scene.ts';
import { closeScenes, found, openLocalScene } from './local-scene.ts';

after(closeScenes);

describe('parallel nodes on the local driver', () => {
  const script = `
import argparse, os
def init():
    global suffix
    parser = argparse.ArgumentParser()
    parser.add_argument("--suffix")
    suffix = parser.parse_known_args()[0].suffix
def run(mini_batch):
    return [os.path.basename(path) + suffix for path in mini_batch]
`;

  test('a component’s entry script runs over the files of an input on two nodes, and the next node reads the rows', async () => {
    const s = await openLocalScene();
    const code = await s.code('score', { 'score.py': script });
    const ws = (await s.send('GET', WS)).body as unknown as {
      properties: { workspaceId: string; storageAccount: string };
    };
    const { workspaceId, storageAccount } = ws.properties;
    for (let index = 0; index < 7; index += 1) {
      const file = join(
        s.root,
        'blobs',
        storageAccount.split('/').pop() as string,
        `azureml-blobstore-${workspaceId}`,
        `images/f${index}`,
      );
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, 'x');
    }
    await s.put('components/score/versions/1', {
      componentSpec: {
        name: 'score',
        version: '1',
        type: 'parallel',
        inputs: { images: { type: 'uri_folder' }, suffix: { type: 'string' } },
        outputs: { rows: { type: 'uri_file' } },
        input_data: '${{inputs.images}}',
        mini_batch_size: '2',
        resources: { instance_count: '2' },
        max_concurrency_per_instance: 2,
        task: {
          type: 'run_function',
          code: `azureml:${code}`,
          entry_script: 'score.py',
          program_arguments: '--suffix ${{inputs.suffix}}',
          environment: 'azureml:AzureML-sklearn-1.5@latest',
          append_row_to: '${{outputs.rows}}',
        },
      },
    });
    await s.component('count', {
      inputs: { rows: { type: 'uri_file' } },
      command: 'cat ${{inputs.rows}}',
    });
    await s.put('jobs/p1', {
      jobType: 'Pipeline',
      settings: { default_compute: 'cpu-cluster' },
      jobs: {
        score: {
          type: 'parallel',
          componentId: `${WS}/components/score/versions/1`,
          error_threshold: 0,
          inputs: {
            images: { job_input_type: 'uri_folder', uri: 'azureml://datastores/workspaceblobstore/paths/images/' },
            suffix: { job_input_type: 'literal', value: '!' },
          },
        },
        count: {
          type: 'command',
          componentId: `${WS}/components/count/versions/1`,
          inputs: { rows: { job_input_type: 'literal', value: '${{parent.jobs.score.outputs.rows}}' } },
        },
      },
    });
    const done = await s.end('p1');
    assert.equal(done.status, 'Completed', JSON.stringify(done.error));
    const logs = [...found(s.root, 'std_log*.txt')].map((file) => readFileSync(file, 'utf8'));
    assert.ok(logs.includes('f0!\nf1!\nf2!\nf3!\nf4!\nf5!\nf6!\n'), logs.join('---\n'));
    assert.equal(logs.filter((log) => log.includes('[parallel] mini-batch')).length >= 1, true);
    assert.match(logs.join(''), /4 mini-batches succeeded, 0 failed, 0 items failed/);
  });

  test('of a table that is evaluated, the script is handed files', async () => {
    const s = await openLocalScene();
    const code = await s.code('score', { 'score.py': script });
    const { storageAccount, workspaceId } = (
      (await s.send('GET', WS)).body as unknown as { properties: { storageAccount: string; workspaceId: string } }
    ).properties;
    const account = join(s.root, 'blobs', storageAccount.split('/').pop() as string);
    const folder = join(account, `azureml-blobstore-${workspaceId}`, 'table');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'MLTable'), 'type: mltable\npaths:\n  - pattern: ./*.txt\n');
    for (const name of ['a.txt', 'b.txt', 'c.csv']) writeFileSync(join(folder, name), 'x');
    await s.put('jobs/p4', {
      jobType: 'Pipeline',
      settings: { default_compute: 'cpu-cluster' },
      outputs: { rows: { jobOutputType: 'uri_file' } },
      jobs: {
        score: {
          type: 'parallel',
          input_data: '${{inputs.table}}',
          task: {
            type: 'run_function',
            code: `azureml:${code}`,
            entry_script: 'score.py',
            program_arguments: '--suffix !',
            environment: 'azureml:AzureML-sklearn-1.5@latest',
            append_row_to: '${{outputs.rows}}',
          },
          inputs: {
            table: {
              job_input_type: 'mltable',
              uri: 'azureml://datastores/workspaceblobstore/paths/table/',
              mode: 'EvalMount',
            },
          },
          outputs: { rows: { type: 'literal', value: '${{parent.outputs.rows}}' } },
        },
      },
    });
    const done = await s.end('p4');
    assert.equal(done.status, 'Completed', JSON.stringify(done.error));
    const rows = join(account, `azureml-blobstore-${workspaceId}`, 'azureml/p4/rows/rows');
    assert.equal(readFileSync(rows, 'utf8'), 'a.txt!\nb.txt!\n');
  });

  test('what it lacks is refused by name', async () => {
    const s = await openLocalScene();
    const node = (more: object) => ({
      jobType: 'Pipeline',
      jobs: { score: { type: 'parallel', inputs: {}, task: { type: 'run_function', ...more } } },
    });
    const refused = async (more: object) => (await s.send('PUT', `${WS}/jobs/p2`, { properties: node(more) })).text;
    assert.match(await refused({}), /The parallel node 'score' needs task\.entry_script/);
    assert.match(await refused({ entry_script: 'a.py' }), /needs input_data as \$\{\{inputs\.NAME\}\}/);
    assert.match(await refused({ type: 'model' }), /not implemented: parallel tasks of type model/);
    const alone = await s.send('PUT', `${WS}/jobs/p3`, { properties: { jobType: 'Parallel' } });
    assert.match(alone.text, /A parallel job is a node of a pipeline/);
  });
});
