import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type FakeAzure, loggedIn, startFakeAzure, WORKSPACE } from '../../testing/fake-azure.ts';

const SCOPE = ['-g', 'rg', '-w', 'ws'];

describe('az ml commands of which a part is missing', () => {
  let fake: FakeAzure;
  before(async () => {
    fake = await startFakeAzure();
  });
  after(() => fake.close());
  beforeEach(async () => {
    fake.handlers = [];
    await loggedIn(fake);
  });
  const az = (...words: string[]) => fake.az(['ml', ...words, ...SCOPE]);

  test('what is not built says so, exit code 1, and asks nothing of the server', async () => {
    for (const [words, what] of [
      [['model', 'package', '-n', 'm', '-v', '1', '-f', 'p.yml'], /not implemented: packages of models/],
    ] as const) {
      const { code, out, err } = await az(...words);
      assert.deepEqual([code, out], [1, ''], err);
      assert.match(err, what);
    }
    assert.deepEqual(fake.requests, []);
    assert.equal((await az('model', 'package', '-n', 'm', '-f', 'p.yml')).code, 2);
  });

  test('SSH: first what the public client refuses, then that it is not implemented', async () => {
    const missing = await az('job', 'connect-ssh', '-n', 'j', '-f', 'no-key');
    assert.deepEqual([missing.code, fake.requests.length], [1, 0]);
    assert.match(missing.err, /There is no file on target path: no-key/);
    let instances: unknown = null;
    fake.handlers = [
      ({ path }) => (/\/runs\/j\/serviceinstances\/2$/.test(path) ? { status: 200, body: { instances } } : undefined),
      ({ path }) =>
        path.endsWith('/computes/ci')
          ? {
              status: 200,
              body: { id: `${WORKSPACE}/computes/ci`, name: 'ci', properties: { computeType: 'ComputeInstance' } },
            }
          : undefined,
    ];
    for (const [found, message] of [
      [null, /The node 2 of the job does not have services/],
      [{ t: { type: 'Tracking' } }, /ssh enabled on node '2'/],
      [{ s: { type: 'SSH', status: 'Terminated' } }, /The current status is 'Terminated'/],
      [{ s: { type: 'SSH', status: 'Running' } }, /not implemented: SSH to a job/],
    ] as const) {
      instances = found;
      const { code, err } = await az('job', 'connect-ssh', '-n', 'j', '-i', '2');
      assert.equal(code, 1);
      assert.match(err, message);
    }
    assert.match((await az('compute', 'connect-ssh', '-n', 'cpu')).err, /connect-ssh is only for compute instance/);
    const key = join(fake.env['HOME'] ?? '', 'key');
    writeFileSync(key, '');
    const instance = await az('compute', 'connect-ssh', '-n', 'ci', '-f', key);
    assert.equal(instance.code, 1);
    assert.match(instance.err, /not implemented: SSH to a compute instance/);
  });

  test('list-materialization-status asks for the pipelines that make the asset', async () => {
    fake.handlers = [
      ({ path }) => {
        const id = `${WORKSPACE}/jobs/p`;
        const properties = { jobType: 'Pipeline', services: {}, jobs: {} };
        return path === `${WORKSPACE}/jobs`
          ? { status: 200, body: { value: [{ id, name: 'p', properties }] } }
          : undefined;
      },
    ];
    const { code, out, err } = await az(
      'data',
      'list-materialization-status',
      '-p',
      'taxi',
      '--all-results',
      '--include-archived',
    );
    assert.equal(code, 0, err);
    assert.equal(err, '');
    assert.deepEqual(
      (JSON.parse(out) as { name: string }[]).map(({ name }) => name),
      ['p'],
    );
    const { query } = fake.requests.at(-1) ?? assert.fail();
    assert.deepEqual(
      [query.get('jobType'), query.get('assetName'), query.get('listViewType')],
      ['Pipeline', 'taxi', 'All'],
    );
  });

  test('--all-results stands alone or with a word, and --no-wait prints nothing', async () => {
    fake.handlers = [({ path }) => (path === `${WORKSPACE}/jobs` ? { status: 200, body: { value: [] } } : undefined)];
    for (const words of [['--all-results'], ['--all-results', 'true']])
      assert.equal((await az('job', 'list', ...words)).err, '');
    assert.match((await az('job', 'list', '--all-results', 'false')).err, /top 50 results/);
    const waited = ['model', 'create', '-n', 'm', '-v', '1', '-p', 'azureml://datastores/d/paths/x'];
    assert.notEqual((await az(...waited)).out, '');
    const { code, out } = await az(...waited, '--no-wait');
    assert.deepEqual([code, out], [0, '']);
  });
});
