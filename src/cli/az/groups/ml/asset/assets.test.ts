import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type FakeAzure, loggedIn, SUBSCRIPTION, startFakeAzure, WORKSPACE } from '../../../testing/fake-azure.ts';
import { withResourceGroups } from '../entity.ts';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'testdata');
const SCOPE = ['-g', 'rg', '-w', 'ws'];

type Expected = { path: string; body: { properties: Record<string, unknown> }; output: unknown };
const recorded = JSON.parse(readFileSync(join(folder, 'recorded.json'), 'utf8')) as Record<string, Expected>;

const settle = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value)
      .replaceAll(WORKSPACE, '{ws}')
      .replaceAll(SUBSCRIPTION, '{subscription}')
      .replace(/\/codes\/[0-9a-f-]{36}\//g, '/codes/{code}/')
      // A component's hash takes in its code's random id.
      .replace(/"client_component_hash":"[^"]*"/, '"client_component_hash":"{hash}"'),
  );

describe('az ml assets', () => {
  let fake: FakeAzure;
  before(async () => {
    fake = await startFakeAzure();
  });
  after(() => fake.close());
  beforeEach(async () => {
    fake.handlers = [];
    fake.resources.clear();
    fake.blobs.clear();
    await loggedIn(fake);
  });
  const az = (...words: string[]) => fake.az(['ml', ...words, ...SCOPE], { cwd: folder });

  test('a pipeline component is printed with its nodes in the words of YAML, services among them', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'component-')), 'p.yml');
    const text = [
      'name: whole',
      'type: pipeline',
      'version: 1',
      'inputs: {d: {type: uri_folder}, where: {type: string}}',
      'jobs:',
      '  one:',
      '    command: ls ${{inputs.i}}',
      '    environment: azureml:e:1',
      '    compute: ${{parent.inputs.where}}',
      '    inputs: {i: "${{parent.inputs.d}}"}',
      '    services: {board: {type: tensor_board, log_dir: outputs/logs}, code: {type: vs_code, nodes: all}}',
    ];
    await writeFile(file, text.join('\n'));
    const { out, err, code } = await az('component', 'create', '-f', file);
    assert.equal(code, 0, err);
    const { jobs, outputs } = JSON.parse(out) as { jobs: { one: Record<string, unknown> }; outputs?: unknown };
    const { component, ...one } = jobs.one;
    assert.match(String(component), /^azureml:azureml_anonymous:/);
    assert.deepEqual(one, {
      compute: '${{parent.inputs.where}}',
      inputs: { i: { path: '${{parent.inputs.d}}' } },
      services: {
        board: { type: 'tensor_board', log_dir: 'outputs/logs', properties: { logDir: 'outputs/logs' } },
        code: { type: 'vs_code', nodes: 'all' },
      },
      type: 'command',
    });
    assert.equal(outputs, undefined);
    await rm(dirname(file), { recursive: true });
  });

  test('an environment’s missing files are told with its other faults, each in its place', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'environment-')), 'e.yml');
    await writeFile(file, 'name: e\nimage: i\nconda_file: gone.yml\nbuild: {path: gone}\nimagee: x\n');
    const { err, code } = await az('environment', 'create', '-f', file);
    assert.equal(code, 1);
    for (const line of [
      'e.yml:3:1: conda_file: The path ',
      'e.yml:4:9: build.path: The path ',
      "e.yml:5:1: imagee: Unknown field. Did you mean 'image'?",
    ])
      assert.ok(err.includes(line), `${line}\nis not in\n${err}`);
    assert.match(
      (await az('environment', 'create', '-n', 'e', '-i', 'i', '-c', 'gone.yml')).err,
      /conda_file: The path .*gone\.yml does not exist/,
    );
    await rm(dirname(file), { recursive: true });
  });

  test('a parallel component is registered, and a name that the public client refuses is refused', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'component-')), 'c.yml');
    const parallel =
      'type: parallel\ninputs: {d: {type: uri_folder}}\ninput_data: ${{inputs.d}}\nmini_batch_size: "5"\ntask: {type: run_function, entry_script: s.py, environment: azureml:e:1}\n';
    await writeFile(file, `name: batches\n${parallel}`);
    const created = await az('component', 'create', '-f', file, '-v', '1');
    assert.equal(created.code, 0, created.err);
    const spec = fake.requests.findLast((request) => request.method === 'PUT')?.body as {
      properties: { componentSpec: Record<string, unknown> };
    };
    assert.equal(spec.properties.componentSpec['type'], 'parallel');
    assert.equal(spec.properties.componentSpec['mini_batch_size'], '5');
    await writeFile(file, `name: Score-Batches\n${parallel}`);
    assert.match(
      (await az('component', 'create', '-f', file)).err,
      /c\.yml:1:1: name: Component name should only contain lower letter, number, underscore/,
    );
    await rm(dirname(file), { recursive: true });
  });

  for (const [kind, file] of [
    ['environment', 'env.yml'],
    ['data', 'data.yml'],
    ['model', 'model.yml'],
    ['component', 'comp.yml'],
  ] as const) {
    test(`${kind} create sends and prints what the public client does; show prints the same`, async () => {
      const expected = recorded[kind];
      assert.ok(expected);
      const created = await az(kind, 'create', '-f', file);
      assert.equal(created.code, 0, created.err);
      const put = fake.requests.findLast((request) => request.method === 'PUT');
      assert.deepEqual(
        settle({ path: put?.path, body: put?.body }),
        settle({ path: expected.path, body: expected.body }),
      );
      const whole = JSON.parse(JSON.stringify(expected.output).replaceAll('{ws}', WORKSPACE)) as unknown;
      assert.deepEqual(settle(JSON.parse(created.out)), settle(withResourceGroups(whole)));
      const [, name = '', version = ''] = /\/([^/]+)\/versions\/([^/]+)$/.exec(expected.path) ?? [];
      const shown = await az(kind, 'show', '-n', name, '-v', version);
      assert.equal(shown.out, created.out);
      assert.equal((await az(kind, 'show', '-n', name, '-v', 'none')).code, 3);
    });
  }

  test('without a version the next one is taken, and again when somebody was quicker', async () => {
    let tries = 0;
    fake.handlers = [
      ({ method, path }) => {
        if (method === 'GET' && path.endsWith('/data/counted'))
          return { status: 200, body: { id: path, name: 'counted', properties: { nextVersion: String(4 + tries) } } };
        if (method !== 'PUT' || !path.includes('/data/counted/')) return undefined;
        return ++tries === 1 ? { status: 409, body: { error: { code: 'Conflict', message: 'taken' } } } : undefined;
      },
    ];
    const result = await az(
      'data',
      'create',
      '--name',
      'counted',
      '--path',
      'azureml://datastores/d/paths/x',
      '--query',
      'version',
      '-o',
      'tsv',
    );
    assert.deepEqual([result.code, result.out], [0, '5\n'], result.err);
  });

  test('a local path on the command line starts at the working directory; its kind must fit the type', async () => {
    assert.equal((await az('data', 'create', '-n', 'f', '-v', '1', '-p', 'data/a.csv', '-t', 'uri_file')).code, 0);
    assert.match(
      (await az('data', 'create', '-n', 'f', '-v', '1', '-p', 'data/a.csv')).err,
      /is a file, and the type is uri_folder/,
    );
    assert.match(
      (await az('model', 'create', '-n', 'm', '-v', '1', '-p', 'gone')).err,
      /The path .*gone does not exist/,
    );
  });

  test('a local table is sent with the addresses of its MLTable file, and refused without a good one', async () => {
    const table = await mkdtemp(join(tmpdir(), 'millrace-az-table-'));
    const create = () => az('data', 'create', '-n', 't', '-v', '1', '-p', table, '-t', 'mltable');
    try {
      assert.match((await create()).err, /holds no MLTable file/);
      for (const [text, wrong] of [
        ['type: mltable', /paths: Missing data/],
        ['paths: [{file: a, folder: b}]', /paths\[0\]: Must have one of file, folder, pattern/],
      ] as const) {
        await writeFile(join(table, 'MLTable'), text);
        assert.match((await create()).err, wrong);
      }
      assert.equal(fake.blobs.size, 0);
      await writeFile(join(table, 'MLTable'), 'paths: [{file: ./x.csv}, {pattern: "*.csv"}, {folder: ./sub}]');
      const made = await create();
      assert.equal(made.code, 0, made.err);
      const body = fake.requests.findLast(({ path }) => path.endsWith('/data/t/versions/1'))?.body as Expected['body'];
      assert.deepEqual(body.properties['referencedUris'], ['./x.csv', '*.csv', './sub']);
      assert.match(
        String(body.properties['dataUri']),
        /^azureml:\/\/datastores\/workspaceblobstore\/paths\/LocalUpload\//,
      );
    } finally {
      await rm(table, { recursive: true, force: true });
    }
  });

  test('an environment takes an image or a build context, not both', async () => {
    assert.match((await az('environment', 'create', '-n', 'e', '-v', '1')).err, /needs a docker image/);
    assert.match((await az('environment', 'create', '-n', 'e', '-v', '1', '-i', 'x', '-b', '.')).err, /not both/);
  });

  test('lists: containers with their latest version, versions under a name', async () => {
    fake.handlers = [
      ({ path }) => {
        const container = { id: `${WORKSPACE}/environments/e`, name: 'e', properties: { latestVersion: '7' } };
        if (path === `${WORKSPACE}/environments`) return { status: 200, body: { value: [container] } };
        return undefined;
      },
    ];
    const list = await az('environment', 'list', '--only-show-errors');
    assert.deepEqual(JSON.parse(list.out), [{ name: 'e', 'latest version': '7' }]);
    const versions = await az('environment', 'list', '-n', 'e', '--only-show-errors', '-o', 'table');
    assert.equal(versions.out, 'Name    Version\n------  ---------\ne       7\n');
  });

  test('one of workspace and registry is an argument that assets need', async () => {
    assert.equal((await fake.az(['ml', 'model', 'list', '-g', 'rg'])).code, 1);
    assert.equal((await fake.az(['ml', 'model', 'list', '-w', 'ws'])).code, 2);
    const unnumbered = await az('model', 'show', '-n', 'm');
    assert.deepEqual([unnumbered.code, unnumbered.err], [1, 'ERROR: Must provide either version or label.\n']);
  });

  test('compute: created by a long-running operation, shown as recorded, deleted only with --yes', async () => {
    let polls = 0;
    const operation = `https://management.azure.com/subscriptions/${SUBSCRIPTION}/operation`;
    fake.handlers = [
      ({ method, path }) => {
        if (method === 'PUT' && path.endsWith('/computes/c1'))
          return { status: 201, body: {}, headers: { 'azure-asyncoperation': operation, 'retry-after': '0' } };
        if (method === 'DELETE') return { status: 202, headers: { 'azure-asyncoperation': operation } };
        if (!path.endsWith('/operation')) return undefined;
        return {
          status: 200,
          body: { status: ++polls < 3 ? 'InProgress' : 'Succeeded' },
          headers: { 'retry-after': '0' },
        };
      },
    ];
    const created = await az(
      'compute',
      'create',
      '-n',
      'c1',
      '--type',
      'AmlCompute',
      '--max-instances',
      '4',
      '--idle-time-before-scale-down',
      '300',
    );
    assert.equal(created.code, 0, created.err);
    const body = fake.requests.find((request) => request.method === 'PUT')?.body as {
      location: string;
      properties: { properties: { scaleSettings: unknown } };
    };
    assert.equal(body.location, 'eastus');
    assert.deepEqual(body.properties.properties.scaleSettings, {
      minNodeCount: 0,
      maxNodeCount: 4,
      nodeIdleTimeBeforeScaleDown: 'PT5M',
    });
    assert.deepEqual(JSON.parse(created.out), {
      enable_node_public_ip: true,
      id: `${WORKSPACE}/computes/c1`,
      idle_time_before_scale_down: 120,
      location: 'eastus',
      max_instances: 4,
      min_instances: 0,
      name: 'c1',
      provisioning_state: 'Succeeded',
      resourceGroup: 'rg',
      size: 'STANDARD_DS3_V2',
      ssh_public_access_enabled: false,
      type: 'amlcompute',
    });
    const refused = await fake.az(['ml', 'compute', 'delete', '-n', 'c1', ...SCOPE]);
    // Under a terminal it would ask; tests have none.
    if (!process.stdin.isTTY) assert.equal(refused.code, 1);
    assert.equal((await az('compute', 'delete', '-n', 'c1', '--yes')).code, 0);
  });

  test('a failed operation tells its error', async () => {
    const operation = `https://management.azure.com/subscriptions/${SUBSCRIPTION}/operation`;
    fake.handlers = [
      ({ method, path }) => {
        if (method === 'PUT') return { status: 201, body: {}, headers: { 'azure-asyncoperation': operation } };
        return path.endsWith('/operation')
          ? { status: 200, body: { status: 'Failed', error: { code: 'Quota', message: 'no cores' } } }
          : undefined;
      },
    ];
    const result = await az('compute', 'create', '-n', 'c', '-t', 'amlcompute');
    assert.deepEqual([result.code, result.err], [1, 'ERROR: (Quota) no cores\nCode: Quota\nMessage: no cores\n']);
  });

  test('workspace and datastore are shown as recorded', async () => {
    const workspace = JSON.parse((await fake.az(['ml', 'workspace', 'show', '-n', 'ws', '-g', 'rg'])).out) as Record<
      string,
      unknown
    >;
    assert.deepEqual(workspace, {
      discovery_url: 'https://eastus.api.azureml.ms/discovery',
      id: WORKSPACE,
      location: 'eastus',
      mlflow_tracking_uri: `azureml://eastus.api.azureml.ms/mlflow/v1.0${WORKSPACE}`,
      name: 'ws',
      // az itself adds this one beside an ARM id.
      resourceGroup: 'rg',
      resource_group: 'rg',
      storage_account: '/subscriptions/x/sa',
      tags: {},
    });
    const datastore = JSON.parse((await az('datastore', 'show', '-n', 'workspaceblobstore')).out) as Record<
      string,
      unknown
    >;
    assert.deepEqual(datastore, {
      account_name: 'acct',
      container_name: 'azureml-blobstore',
      credentials: {},
      endpoint: 'core.windows.net',
      id: `${WORKSPACE}/datastores/workspaceblobstore`,
      name: 'workspaceblobstore',
      protocol: 'https',
      resourceGroup: 'rg',
      tags: {},
      type: 'azure_blob',
    });
  });
});
