import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import {
  type FakeAzure,
  loggedIn,
  SUBSCRIPTION,
  startFakeAzure,
  TENANT,
  WORKSPACE,
} from '../../../testing/fake-azure.ts';

const SCOPE = ['-g', 'rg', '-w', 'ws'];

describe('az ml job', () => {
  let fake: FakeAzure;
  let folder: string;
  before(async () => {
    fake = await startFakeAzure();
    folder = join(fake.env['HOME'] ?? '', 'work');
    mkdirSync(join(folder, 'src'), { recursive: true });
    writeFileSync(join(folder, 'src', 'main.py'), 'print(1)\n');
    writeFileSync(
      join(folder, 'job.yml'),
      'command: python main.py --rate ${{inputs.rate}}\ncode: src\nenvironment: azureml:env:1\ncompute: azureml:cpu\ninputs:\n  rate: 0.5\n',
    );
  });
  after(() => fake.close());
  beforeEach(async () => {
    fake.handlers = [];
    fake.resources.clear();
    fake.blobs.clear();
    await loggedIn(fake);
  });
  const job = (name: string, properties: Record<string, unknown>) => {
    const services = { Studio: { jobServiceType: 'Studio', endpoint: `https://ml.azure.com/runs/${name}` } };
    const id = `${WORKSPACE}/jobs/${name}`;
    fake.resources.set(id, { id, name, properties: { jobType: 'Command', services, outputs: {}, ...properties } });
  };
  const run = (verb: string, ...words: string[]) => fake.az(['ml', 'job', verb, ...SCOPE, ...words], { cwd: folder });

  test('create takes --name and --set, and prints a query’s value alone', async () => {
    const result = await run(
      'create',
      '-f',
      'job.yml',
      '--name',
      'mine',
      '--set',
      'inputs.rate=0.25',
      'display_name=D',
      '--query',
      'name',
      '-o',
      'tsv',
    );
    assert.deepEqual([result.code, result.out], [0, 'mine\n'], result.err);
    const put = fake.requests.at(-1);
    assert.equal(put?.path, `${WORKSPACE}/jobs/mine`);
    const { properties } = (put?.body ?? {}) as { properties: Record<string, unknown> };
    assert.deepEqual(properties['inputs'], { rate: { jobInputType: 'literal', value: '0.25' } });
    assert.equal(properties['displayName'], 'D');
    assert.equal(properties['experimentName'], 'work');
    assert.equal(put?.headers['x-azureml-token'], undefined);
  });

  test('docker_args are shown under their one name, text or list', async () => {
    for (const [key, value] of [
      ['dockerArgs', '--init -m 1g'],
      ['dockerArgsList', ['--init', '--memory=1g']],
    ] as const) {
      job('shown', { resources: { instanceCount: 1, [key]: value } });
      const result = await run('show', '--name', 'shown', '--query', 'resources.docker_args');
      assert.deepEqual(JSON.parse(result.out), value, result.err);
    }
  });

  test('code that is there already is not sent again', async () => {
    fake.handlers = [
      ({ path, query }) =>
        /\/codes\/[^/]+\/versions$/.test(path) && query.get('hash')
          ? { status: 200, body: { value: [{ id: `${WORKSPACE}/codes/known/versions/1` }] } }
          : undefined,
    ];
    const result = await run('create', '-f', 'job.yml');
    assert.equal(result.code, 0, result.err);
    assert.equal(fake.blobs.size, 0);
    assert.match((JSON.parse(result.out) as { code: string }).code, /\/codes\/known\/versions\/1$/);
  });

  test('an upload that broke off is finished: its blobs are replaced, the mark is set last', async () => {
    const blob = '/33333333-44444444-4444-4444-4444-444444444444/src/main.py';
    fake.blobs.set(blob, { text: 'half', metadata: {} });
    const result = await run('create', '-f', 'job.yml');
    assert.equal(result.code, 0, result.err);
    assert.equal(fake.blobs.get(blob)?.text, 'print(1)\n');
    assert.equal(fake.blobs.get(blob)?.metadata['x-ms-meta-upload_status'], 'completed');
  });

  test('what is wrong with a file is said all at once, with places, before anything is sent', async () => {
    writeFileSync(
      join(folder, 'bad.yml'),
      [
        'type: pipeline',
        'inputs: {trips: {type: uri_folder, path: ./nowhere}}',
        'jobs:',
        '  a:',
        '    comand: echo',
        '    command: echo ${{inputs.gone}}',
        '    environment: azureml:e:1',
        '    code: ./no-code',
        '    inputs: {x: "${{parent.inputs.other}}", y: "${{parent.jobs.b.outputs.o}}"}',
        '  b: {component: ./comp.yml, inputs: {extra: 1}}',
        '',
      ].join('\n'),
    );
    writeFileSync(
      join(folder, 'comp.yml'),
      'name: c\ncommand: echo ${{inputs.k}}\nenvironment: azureml:e:1\ninputs: {k: {type: integer}}\n',
    );
    const result = await run('create', '-f', 'bad.yml');
    assert.equal(result.code, 1);
    assert.equal(fake.requests.length, 0);
    const file = join(folder, 'bad.yml');
    for (const line of [
      `${file}:2:36: inputs.trips.path: The path ${join(folder, 'nowhere')} does not exist.`,
      `${file}:5:5: jobs.a.comand: Unknown field. Did you mean 'command'?`,
      `${file}:6:5: jobs.a.command: '\${{inputs.gone}}' names no input of this command.`,
      `${file}:8:5: jobs.a.code: The path ${join(folder, 'no-code')} does not exist.`,
      "jobs.a.inputs.x: 'parent.inputs.other' names no input of the pipeline.",
      "jobs.a.inputs.y: 'parent.jobs.b.outputs.o': the job 'b' has no output 'o'.",
      'jobs.b.inputs.extra: The component',
      'jobs.b.inputs.k: Missing data for a required input of the component.',
    ]) {
      assert.ok(result.err.includes(line), `${line}\nis not in\n${result.err}`);
    }
    const validated = await run('validate', '-f', 'bad.yml', '--query', '{r:result, n:length(errors)}', '-o', 'tsv');
    assert.deepEqual([validated.code, validated.out], [0, 'Failed\t8\n']);
    assert.equal((await run('validate', '-f', 'job.yml', '--query', 'result', '-o', 'tsv')).out, 'Succeeded\n');
  });

  test('the files of an environment are looked for with all else, its keys judged, and missing keys named where they belong', async () => {
    writeFileSync(
      join(folder, 'env.yml'),
      [
        'type: pipeline',
        'jobs:',
        '  a: {command: echo, environment: {image: i, conda_file: gone-conda.yml, condafile: x}}',
        '  b: {command: echo, environment: file:gone-env.yml}',
        '  c: {command: echo, environment: {build: {path: gone-context}}, outputs: {o: {mode: uplod}}}',
        '  d: {component: ./bare.yml}',
        '  e: {component: ./gone.yml}',
        '',
      ].join('\n'),
    );
    writeFileSync(join(folder, 'bare.yml'), 'name: bare\nenvironment: azureml:e:1\nauthor: me\n');
    const { err } = await run('create', '-f', 'env.yml');
    assert.equal(fake.requests.length, 0);
    for (const line of [
      'env.yml:3:46: jobs.a.environment.conda_file: The path ',
      "env.yml:3:74: jobs.a.environment.condafile: Unknown field. Did you mean 'conda_file'?",
      'env.yml:4:22: jobs.b.environment: The path ',
      'env.yml:5:44: jobs.c.environment.build.path: The path ',
      'env.yml:5:80: jobs.c.outputs.o.mode: Value passed is not in set: expected one of rw_mount, mount, upload, direct.',
      'bare.yml:1:1: command: Missing data for required field.',
      'env.yml:7:7: jobs.e.component: The file ',
    ])
      assert.ok(err.includes(line), `${line}\nis not in\n${err}`);
  });

  test('unknown keys of nodes, settings and components are warned of, as the public client lets them pass', async () => {
    writeFileSync(join(folder, 'part.yml'), 'name: part\ncommand: echo\nenvironment: azureml:e:1\nauthor: me\n');
    writeFileSync(
      join(folder, 'free.yml'),
      'type: pipeline\nsettings: {environment: x, default_compute: azureml:cpu}\njobs: {a: {component: ./part.yml, owner: me}}\n',
    );
    const { err, code } = await run('create', '-f', 'free.yml');
    assert.equal(code, 0, err);
    for (const line of ['free.yml:2:12: settings.environment', 'free.yml:3:35: jobs.a.owner', 'part.yml:4:1: author'])
      assert.match(err, new RegExp(`WARNING: .*${line}: Unknown field: it does nothing\\.`));
  });

  test('a file that is not there, one that is no mapping, a component that is not there', async () => {
    assert.match((await run('create', '-f', 'none.yml')).err, /^ERROR: No such file or directory: .*none\.yml\./);
    writeFileSync(join(folder, 'list.yml'), '- a\n');
    assert.match((await run('create', '-f', 'list.yml')).err, /a job YAML file holds a mapping at its top/);
    writeFileSync(join(folder, 'p.yml'), 'type: pipeline\njobs: {a: {component: ./gone.yml}}\n');
    assert.match(
      (await run('create', '-f', 'p.yml')).err,
      /p\.yml:2:12: jobs\.a\.component: The file .*gone\.yml does not exist/,
    );
    writeFileSync(join(folder, 's.yml'), 'type: distillation\n');
    assert.match((await run('create', '-f', 's.yml')).err, /not implemented: distillation jobs/);
    writeFileSync(
      join(folder, 'self.yml'),
      'type: pipeline\nname: s\njobs: {a: {type: pipeline, component: ./self.yml}}\n',
    );
    writeFileSync(join(folder, 'loop.yml'), 'type: pipeline\njobs: {a: {type: pipeline, component: ./self.yml}}\n');
    assert.match((await run('create', '-f', 'loop.yml')).err, /does one hold itself\?/);
  });

  test('a job that the service refuses is told in the clients’ words', async () => {
    fake.handlers = [
      ({ method, path }) =>
        method === 'PUT' && path.includes('/jobs/')
          ? {
              status: 400,
              body: {
                error: {
                  code: 'UserError',
                  message: 'No compute',
                  target: 'compute',
                  details: [{ code: 'C', message: 'd' }],
                },
              },
            }
          : undefined,
    ];
    const result = await run('create', '-f', 'job.yml');
    assert.equal(result.code, 1);
    assert.equal(
      result.err,
      'ERROR: (UserError) No compute\nCode: UserError\nMessage: No compute\nTarget: compute\nException Details:\n\t(C) d\n\tCode: C\n\tMessage: d\n',
    );
  });

  test('stream prints the log as it grows, then the summary', async () => {
    job('j', {});
    const states = [
      { status: 'Running', log: 'one\ntw' },
      { status: 'Running', log: 'one\ntwo\n' },
      { status: 'Completed', log: 'one\ntwo\nthree' },
    ];
    let turn = -1;
    fake.handlers = [
      ({ path, host, headers }) => {
        if (path.endsWith('/runs/j/details')) {
          turn = Math.min(turn + 1, states.length - 1);
          const logs = {
            'user_logs/std_log.txt': 'https://acct.blob.core.windows.net/logs/std_log.txt?sig=x',
            'user_logs/std_log_process_1.txt': 'https://x/',
          };
          return { status: 200, body: { runId: 'j', status: states[turn]?.status, logFiles: logs } };
        }
        if (host !== 'acct.blob.core.windows.net') return undefined;
        const text = states[turn]?.log ?? '';
        const from = Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
        return from ? { status: 206, body: text.slice(from) } : { status: 200, body: text };
      },
    ];
    const env = { AZUREML_RUN_POLLING_INTERVAL_MIN: '0.001', AZUREML_RUN_POLLING_INTERVAL_MAX: '0.001' };
    const result = await fake.az(['ml', 'job', 'stream', '-n', 'j', ...SCOPE], { env });
    assert.equal(result.code, 0, result.err);
    const link = 'RunId: j\nWeb View: https://ml.azure.com/runs/j\n';
    const title = `\nStreaming user_logs/std_log.txt\n${'='.repeat(31)}\n\n`;
    assert.equal(result.out, `${link}${title}one\ntwo\nthree\n\nExecution Summary\n=================\n${link}\n`);
  });

  test('stream of a failed job ends in its error and 1; of a canceled one in 0', async () => {
    job('f', { status: 'Failed' });
    const error = {
      error: { code: 'UserError', message: 'script broke', messageParameters: { aName: 'x' } },
      componentName: 'c',
    };
    // In the words of the public client (recorded), which leaves the names of parameters alone.
    const printed = {
      error: { code: 'UserError', message: 'script broke', message_parameters: { aName: 'x' } },
      component_name: 'c',
    };
    const warnings: object[] = [{ source: 'child', message: 'of another run' }];
    fake.handlers = [
      ({ path }) =>
        path.endsWith('/runs/f/details')
          ? { status: 200, body: { runId: 'f', status: 'Failed', error, warnings } }
          : undefined,
      ({ path }) =>
        path.endsWith('/runs/c/details') ? { status: 200, body: { runId: 'c', status: 'Canceled' } } : undefined,
    ];
    const failed = await run('stream', '-n', 'f');
    assert.equal(failed.code, 1);
    assert.equal(failed.err, `ERROR: Exception : \n ${JSON.stringify(printed, null, 4)} \n`);
    assert.doesNotMatch(failed.out, /Warnings/);
    assert.match(failed.out, /=\nRunId: f\nWeb View: [^\n]*\n$/);
    warnings.push({ source: 'f', message: 'pandas 2 stands in for 1.5' });
    assert.match((await run('stream', '-n', 'f')).out, /\n\nWarnings:\npandas 2 stands in for 1\.5\n\n$/);
    job('c', { status: 'Canceled' });
    assert.equal((await run('stream', '-n', 'c')).code, 0);
  });

  test('cancel waits for the operation’s end and prints nothing', async () => {
    let polls = 0;
    const location = `https://management.azure.com/subscriptions/${SUBSCRIPTION}/op`;
    fake.handlers = [
      ({ method, path }) => {
        if (method === 'POST' && path.endsWith('/jobs/j/cancel'))
          return { status: 202, headers: { location, 'retry-after': '0' } };
        if (!path.endsWith('/op')) return undefined;
        return ++polls < 3 ? { status: 202, body: {}, headers: { location, 'retry-after': '0' } } : { status: 200 };
      },
    ];
    const result = await run('cancel', '-n', 'j');
    assert.deepEqual([result.code, result.out, polls], [0, '', 3], result.err);
  });

  test('download fetches artifacts and named outputs, and refuses paths that climb out', async () => {
    job('d', {
      status: 'Completed',
      outputs: {
        model: { jobOutputType: 'mlflow_model', uri: 'azureml://datastores/workspaceblobstore/paths/azureml/d/model/' },
      },
    });
    const byService = 'azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.d';
    job('named', { status: 'Completed', outputs: { default: { jobOutputType: 'uri_folder', uri: byService } } });
    for (const name of [
      'ExperimentRun/dcid.d2/user_logs/std_log.txt',
      'ExperimentRun/dcid.d/user_logs/std_log.txt',
      'ExperimentRun/dcid.d/outputs/m.txt',
      'azureml/d/model/MLmodel',
    ]) {
      fake.blobs.set(`/azureml-blobstore/${name}`, { text: name, metadata: {} });
    }
    const result = await run('download', '-n', 'd', '--all', '-p', 'got');
    assert.equal(result.code, 0, result.err);
    assert.equal(
      readFileSync(join(folder, 'got/artifacts/user_logs/std_log.txt'), 'utf8'),
      'ExperimentRun/dcid.d/user_logs/std_log.txt',
    );
    assert.equal(readFileSync(join(folder, 'got/named-outputs/model/MLmodel'), 'utf8'), 'azureml/d/model/MLmodel');
    const named = await run('download', '-n', 'named', '-p', 'service');
    assert.equal(named.code, 0, named.err);
    assert.deepEqual(readdirSync(join(folder, 'service/artifacts')).sort(), ['outputs', 'user_logs']);
    assert.match(
      (await run('download', '-n', 'd', '--output-name', 'none', '-p', 'got')).err,
      /has no output named 'none'/,
    );
    fake.blobs.set('/azureml-blobstore/azureml/d/model/../../../../escape', { text: 'x', metadata: {} });
    assert.match((await run('download', '-n', 'd', '--output-name', 'model', '-p', 'got')).err, /leaves its folder/);
    job('r', { status: 'Running' });
    assert.match((await run('download', '-n', 'r')).err, /This job is in state Running/);
  });

  test('list has a limit, a warning and a table', async () => {
    const asked: string[] = [];
    fake.handlers = [
      ({ path, query }) => {
        if (path !== `${WORKSPACE}/jobs`) return undefined;
        asked.push(`${query.get('listViewType')} ${query.get('$skip') ?? ''}`.trim());
        const item = (name: string) => ({
          id: `${WORKSPACE}/jobs/${name}`,
          name,
          properties: { jobType: 'Pipeline', status: 'Completed', experimentName: 'e' },
        });
        const next = `https://management.azure.com${WORKSPACE}/jobs?listViewType=ActiveOnly&$skip=1&api-version=x`;
        return query.get('$skip')
          ? { status: 200, body: { value: [item('b'), item('c')] } }
          : { status: 200, body: { value: [item('a')], nextLink: next } };
      },
    ];
    const result = await run('list', '-r', '2', '-o', 'table');
    assert.equal(result.err, 'WARNING: Displaying top 2 results from the list command.\n');
    assert.deepEqual(
      result.out
        .split('\n')
        .slice(2, 4)
        .map((line) => line.split(/ +/)[0]),
      ['a', 'b'],
    );
    assert.deepEqual(asked, ['ActiveOnly', 'ActiveOnly 1']);
    assert.equal((await run('list', '--only-show-errors', '-o', 'none')).err, '');
  });

  test('show adds the tenant to the link; a missing job exits 3', async () => {
    job('s', { status: 'Completed', experimentName: 'e' });
    const shown = JSON.parse((await run('show', '-n', 's')).out) as {
      services: { Studio: { endpoint: string } };
      resourceGroup: string;
    };
    assert.equal(shown.services.Studio.endpoint, `https://ml.azure.com/runs/s&tid=${TENANT}`);
    assert.equal(shown.resourceGroup, 'rg');
    assert.equal((await run('show', '-n', 'none')).code, 3);
    assert.equal((await run('cancel', '-n', 'none')).code, 3);
  });

  test('update changes what may change, by set, remove and force-string, and keeps tags that are not shown', async () => {
    const tags = { a: 'b', n: '1', _aml_system_x: 'kept' };
    job('u', { status: 'Completed', tags, properties: { p: 'q' }, displayName: 'first' });
    const changed = await run(
      'update',
      ...['--name', 'u', '--set', 'display_name=second', 'tags.n=2', 'properties.z=1', '--remove', 'tags.a'],
    );
    assert.equal(changed.code, 0, changed.err);
    const put = fake.requests.findLast(({ method }) => method === 'PUT')?.body as {
      properties: Record<string, unknown>;
    };
    assert.deepEqual(put.properties['tags'], { n: '2', _aml_system_x: 'kept' });
    assert.deepEqual(put.properties['properties'], { p: 'q', z: '1' });
    assert.equal(put.properties['displayName'], 'second');
    const shown = JSON.parse(changed.out) as Record<string, unknown>;
    assert.deepEqual([shown['display_name'], shown['tags']], ['second', { n: '2' }]);
    const refused = await run('update', '--name', 'u', '--set', 'command=ls');
    assert.deepEqual([refused.code, /command: of a job .* can change/.test(refused.err)], [1, true], refused.err);
    const web = await run('update', '--name', 'u', '--web');
    assert.match(web.err, /Open https:\/\/ml\.azure\.com\/runs\/u\?.*&tid=.* in a browser/);
  });

  test('archive puts the job back with the mark', async () => {
    job('k', { status: 'Completed', displayName: 'K' });
    assert.equal((await run('archive', '-n', 'k')).out, '');
    const { properties } = (fake.requests.at(-1)?.body ?? {}) as { properties: Record<string, unknown> };
    assert.deepEqual([properties['isArchived'], properties['displayName']], [true, 'K']);
  });
});
