import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type FakeAzure, loggedIn, startFakeAzure } from '../../../testing/fake-azure.ts';

const SCOPE = ['-g', 'rg', '-w', 'ws'];
type Body = { properties: Record<string, unknown> };

describe('az ml: components written into nodes, and additional includes', () => {
  let fake: FakeAzure;
  let folder: string;
  before(async () => {
    fake = await startFakeAzure();
    folder = await mkdtemp(join(tmpdir(), 'millrace-az-inline-'));
    await mkdir(join(folder, 'src'));
    await mkdir(join(folder, 'lib', 'deep', '__pycache__'), { recursive: true });
    await writeFile(join(folder, 'src', 'main.py'), 'print(1)');
    await writeFile(join(folder, 'lib', 'deep', 'd.txt'), 'd');
    await writeFile(join(folder, 'lib', 'deep', '__pycache__', 'd.pyc'), 'd');
    await writeFile(join(folder, 'lib', 'skipped.log'), 'no');
    await writeFile(join(folder, 'lib', '.amlignore'), '*.log\n');
    await writeFile(join(folder, 'extra.txt'), 'one');
  });
  after(async () => {
    await fake.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    fake.resources.clear();
    fake.blobs.clear();
    await loggedIn(fake);
  });
  const az = async (text: string, ...words: string[]) => {
    await writeFile(join(folder, 'it.yml'), text);
    return fake.az(['ml', ...words, '-f', 'it.yml', ...SCOPE], { cwd: folder });
  };
  const puts = (part: string) =>
    fake.requests.filter(({ method, path }) => method === 'PUT' && path.includes(`/${part}/`)).map(({ body }) => body);
  const specs = () => puts('components').map((body) => (body as Body).properties['componentSpec']);
  const nodes = () => (puts('jobs')[0] as Body).properties['jobs'] as Record<string, Record<string, unknown>>;

  test('a component in a node is registered without its name, in the words of the public client', async () => {
    const { code, err } = await az(
      `type: pipeline
settings: {default_compute: azureml:cpu}
inputs: {n: 4}
jobs:
  a:
    type: command
    component:
      name: inner
      version: "3"
      display_name: Inner
      type: command
      inputs: {n: {type: integer, default: 2}}
      outputs: {o: {type: uri_folder}}
      command: echo \${{inputs.n}} > \${{outputs.o}}/x
      environment: azureml:e:1
    inputs: {n: "\${{parent.inputs.n}}"}
  b:
    component: {command: echo hi, environment: azureml:e:1}
  s:
    type: sweep
    search_space: {n: {type: choice, values: [1, 2]}}
    objective: {goal: maximize, primary_metric: acc}
    limits: {max_total_trials: 2}
    trial:
      inputs: {n: {type: integer}}
      command: echo \${{inputs.n}}
      environment: azureml:e:1
`,
      'job',
      'create',
    );
    assert.equal(code, 0, err);
    const [first, second] = specs() as [Record<string, unknown>, Record<string, unknown>];
    const { environment: _environment, ...rest } = first;
    assert.deepEqual(rest, {
      command: 'echo ${{inputs.n}} > ${{outputs.o}}/x',
      name: 'azureml_anonymous',
      version: '1',
      display_name: 'Inner',
      is_deterministic: true,
      inputs: { n: { type: 'integer', default: '2' } },
      outputs: { o: { type: 'uri_folder' } },
      type: 'command',
      _source: 'YAML.JOB',
    });
    assert.deepEqual([second['command'], second['_source']], ['echo hi', 'YAML.JOB']);
    const { componentId: _id, ...node } = nodes()['a'] ?? {};
    assert.deepEqual(node, {
      name: 'a',
      type: 'command',
      inputs: { n: { job_input_type: 'literal', value: '${{parent.inputs.n}}' } },
      _source: 'YAML.JOB',
    });
    assert.deepEqual(Object.keys(nodes()['s']?.['trial'] ?? {}), ['componentId']);
  });

  test('what is wrong in it is named by its place in the pipeline', async () => {
    const { code, err } = await az(
      'type: pipeline\njobs:\n  a:\n    component:\n      comand: echo\n      environment: azureml:e:1\n      inputs: {n: {type: integer}}\n',
      'job',
      'create',
    );
    assert.equal(code, 1);
    assert.match(err, /it\.yml:5:7: jobs\.a\.component\.comand: Unknown field\. Did you mean 'command'/);
    assert.match(err, /jobs\.a\.component\.command: Missing data for required field/);
    assert.match(err, /jobs\.a\.inputs\.n: Missing data for a required input/);
  });

  test('includes lie beside the code, folders without what their ignore files and the caches leave out', async () => {
    const component = (includes: string, code = 'code: ./src\n') =>
      az(
        `type: command\nname: c\nversion: "1"\n${code}command: ls\nenvironment: azureml:e:1\nadditional_includes: ${includes}\n`,
        'component',
        'create',
      );
    const { code, err } = await component('[./lib, ./extra.txt]');
    assert.equal(code, 0, err);
    const lead = /^\/[^/]+\/code_with_additional_includes\//;
    const names = [...fake.blobs.keys()].map((name) => name.replace(lead, '')).sort();
    assert.deepEqual(names, ['extra.txt', 'lib/.amlignore', 'lib/deep/d.txt', 'main.py']);
    const [spec] = specs() as [Record<string, unknown>];
    assert.deepEqual(spec['additional_includes'], ['./lib', './extra.txt']);
    assert.match(String((puts('codes')[0] as Body).properties['codeUri']), /\/code_with_additional_includes$/);

    fake.blobs.clear();
    assert.equal((await component('[lib/deep/d.txt]', '')).code, 0);
    assert.deepEqual(
      [...fake.blobs.keys()].map((name) => name.replace(lead, '')),
      ['d.txt'],
    );
  });

  test('a folder that is named with .zip after it is included as a zip file of what its ignore file leaves', async () => {
    const create = () =>
      az(
        'type: command\nname: c\nversion: "1"\ncode: ./src\ncommand: ls\nenvironment: azureml:e:1\nadditional_includes: [./lib.zip]\n',
        'component',
        'create',
      );
    const { code, err } = await create();
    assert.equal(code, 0, err);
    const [name = '', zip] = [...fake.blobs].find(([path]) => path.endsWith('/lib.zip')) ?? [];
    assert.match(name, /\/code_with_additional_includes\/lib\.zip$/);
    assert.match(zip?.text ?? '', /^PK[\s\S]*lib\/.amlignore[\s\S]*lib\/deep\/d\.txt/);
    assert.doesNotMatch(zip?.text ?? '', /skipped\.log|__pycache__/);
    // The same folder is the same code again.
    const hashes = () =>
      fake.requests.filter(({ path }) => path.includes('/codes/')).map(({ query }) => query.get('hash'));
    const first = hashes().find(Boolean);
    await create();
    assert.equal(
      hashes()
        .filter(Boolean)
        .every((hash) => hash === first),
      true,
    );
    // Where there is such a file, it is included as it is.
    await writeFile(join(folder, 'lib.zip'), 'own');
    fake.blobs.clear();
    assert.equal((await create()).code, 0);
    assert.equal([...fake.blobs].find(([path]) => path.endsWith('/lib.zip'))?.[1].text, 'own');
    await rm(join(folder, 'lib.zip'));
  });

  test('an include that is not there, is there already, or is no path is refused before anything is sent', async () => {
    await writeFile(join(folder, 'src', 'taken.txt'), 'a');
    await writeFile(join(folder, 'taken.txt'), 'b');
    const { code, err } = await az(
      'type: command\nname: c\ncode: ./src\ncommand: ls\nenvironment: azureml:e:1\nadditional_includes: [gone, taken.txt, gone.zip, {type: artifact}]\n',
      'component',
      'create',
    );
    assert.equal(code, 1);
    assert.match(err, /additional_includes\[0\]: Unable to find additional include gone/);
    assert.match(err, /additional_includes\[1\]: A file already exists for additional include taken\.txt/);
    assert.match(err, /additional_includes\[2\]: Unable to find additional include gone\.zip/);
    assert.match(err, /additional_includes\[3\]: not implemented: an artifact of a feed/);
    assert.deepEqual(puts('codes'), []);
  });
});
