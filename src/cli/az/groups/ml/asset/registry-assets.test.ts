import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type FakeAzure, loggedIn, SUBSCRIPTION, startFakeAzure, WORKSPACE } from '../../../testing/fake-azure.ts';

const data = join(dirname(fileURLToPath(import.meta.url)), 'testdata');
const REGISTRY = `/subscriptions/${SUBSCRIPTION}/resourceGroups/other/providers/Microsoft.MachineLearningServices/registries/shared`;
const TO = ['--registry-name', 'shared'];
const PLACE = 'https://acct.blob.core.windows.net/place';

describe('az ml assets of a registry', () => {
  let fake: FakeAzure;
  let folder: string;
  let versions: Map<string, Record<string, unknown>>;
  before(async () => {
    fake = await startFakeAzure();
    folder = await mkdtemp(join(tmpdir(), 'millrace-az-registry-'));
  });
  after(async () => {
    await fake.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    versions = new Map();
    fake.resources.clear();
    fake.blobs.clear();
    fake.handlers = [
      ({ host, path }) => {
        if (host !== 'eastus.api.azureml.ms' || !path.startsWith('/registrymanagement/')) return undefined;
        const found = { registryName: 'shared', subscriptionId: SUBSCRIPTION, resourceGroup: 'other' };
        return path.endsWith('/registries/shared/discovery')
          ? { status: 200, body: found }
          : { status: 404, body: { error: { code: 'UserError', message: 'no such registry' } } };
      },
      ({ method, path, body }) => {
        if (!path.startsWith(`${REGISTRY}/`)) return undefined;
        const below = path.slice(REGISTRY.length);
        const asset = (body as { assetId?: string } | undefined)?.assetId ?? '';
        if (below.startsWith('/tempdatarefs/') && versions.has(asset)) return { status: 409, body: {} };
        if (below.startsWith('/tempdatarefs/') || below.startsWith('/datarefs/'))
          return {
            status: 200,
            body: {
              blobReferenceForConsumption: {
                blobUri: PLACE,
                credential: { credentialType: 'SAS', sasUri: `${PLACE}?sv=2021&sig=abc` },
              },
            },
          };
        const id = `azureml://registries/shared${below}`;
        if (method === 'PUT') {
          const { properties } = body as { properties: Record<string, unknown> };
          versions.set(id, { id, name: below.split('/').at(-1), properties });
          return { status: 201, body: versions.get(id) };
        }
        if (below === '/import') {
          const { destinationName, destinationVersion } = (body as { properties: Record<string, string> }).properties;
          const to = `azureml://registries/shared/models/${destinationName}/versions/${destinationVersion}`;
          versions.set(to, { id: to, name: destinationVersion, properties: { modelType: 'custom_model' } });
          return { status: 200 };
        }
        const found = versions.get(id);
        return found ? { status: 200, body: found } : { status: 404, body: { error: { code: 'UserError' } } };
      },
    ];
    await loggedIn(fake);
  });
  const az = (...words: string[]) => fake.az(['ml', ...words], { cwd: data });
  const json = (result: { code: number; out: string; err: string }): Record<string, unknown> => {
    assert.equal(result.code, 0, result.err);
    return JSON.parse(result.out) as Record<string, unknown>;
  };
  const put = (type: string) =>
    fake.requests.findLast(({ method, path }) => method === 'PUT' && path.startsWith(`${REGISTRY}/${type}/`));
  const properties = (type: string): Record<string, unknown> =>
    (put(type)?.body as { properties: Record<string, unknown> } | undefined)?.properties ?? {};

  test('a model and a data asset are made of local files without a group or a workspace', async () => {
    const made = json(await az('model', 'create', '-n', 'm', '-v', '3', '-p', 'data/a.csv', ...TO));
    assert.deepEqual([made['id'], made['path']], ['azureml://registries/shared/models/m/versions/3', `${PLACE}/a.csv`]);
    assert.equal(made['resourceGroup'], undefined);
    assert.deepEqual([...fake.blobs.keys()], ['/place/a.csv']);
    assert.deepEqual(fake.requests.find(({ path }) => path.includes('/tempdatarefs/'))?.body, {
      assetId: 'azureml://registries/shared/models/m/versions/3',
      temporaryDataReferenceType: 'TemporaryBlobReference',
    });
    const again = await az('model', 'create', '-n', 'm', '-v', '3', '-p', 'data/a.csv', ...TO);
    assert.equal(again.code, 1);
    assert.match(again.err, /The registry shared has m:3 already, .* Choose a new version/);
    json(await az('data', 'create', '-n', 'd', '-v', '1', '-p', 'data', ...TO));
    assert.equal(properties('data')['dataUri'], `${PLACE}/data`);
    const unnumbered = await az('data', 'create', '-n', 'd', '-p', 'data', ...TO);
    assert.deepEqual([unnumbered.code, /version is required/.test(unnumbered.err)], [1, true], unnumbered.err);
  });

  test('without a version a model takes the registry’s next; what is put is shown, changed, archived and restored', async () => {
    const container = 'azureml://registries/shared/models/m';
    versions.set(container, { id: container, name: 'm', properties: { nextVersion: '8' } });
    assert.equal(json(await az('model', 'create', '-n', 'm', '-p', 'data/a.csv', '-s', 'Dev', ...TO))['version'], '8');
    const one = ['-n', 'm', '-v', '8', ...TO];
    assert.deepEqual(json(await az('model', 'update', ...one, '--set', 'tags.a=b'))['tags'], { a: 'b' });
    assert.equal((await az('model', 'archive', ...one)).out, '');
    assert.deepEqual([properties('models')['isArchived'], properties('models')['stage']], [true, undefined]);
    assert.equal((await az('model', 'restore', ...one)).code, 0);
    assert.equal(properties('models')['isArchived'], false);
    assert.equal(json(await az('model', 'show', ...one))['name'], 'm');
    assert.equal((await az('model', 'show', '-n', 'm', '-v', '9', ...TO)).code, 3);
    assert.equal((await az('model', 'show', '-n', 'm', '-v', '8', '--registry-name', 'none')).code, 3);
  });

  test('a component’s code and environment are put into the registry; one of a workspace is refused', async () => {
    await writeFile(
      join(folder, 'c.yml'),
      'name: c\nversion: "1"\ntype: command\ncommand: python main.py\nenvironment: {image: x}\n',
    );
    const made = json(
      await az('component', 'create', '-f', join(folder, 'c.yml'), '--set', `code=${join(data, 'src')}`, ...TO),
    );
    const spec = properties('components')['componentSpec'] as Record<string, unknown>;
    assert.match(String(spec['code']), /^azureml:\/\/registries\/shared\/codes\/[0-9a-f-]{36}\/versions\/1$/);
    assert.match(
      String(spec['environment']),
      /^azureml:\/\/registries\/shared\/environments\/CliV2AnonymousEnvironment\//,
    );
    assert.equal(properties('codes')['codeUri'], `${PLACE}/src`);
    assert.equal(made['id'], 'azureml://registries/shared/components/c/versions/1');
    const wrong = await az('component', 'create', '-f', 'comp.yml', '--set', 'environment=azureml:e:1', ...TO);
    assert.equal(wrong.code, 1);
    assert.match(wrong.err, /azureml:\/\/registries\/shared\/environments\/<name>\/versions\/<version>/);
  });
  test('a model is downloaded from where the registry lets it be read', async () => {
    json(await az('model', 'create', '-n', 'm', '-v', '1', '-p', 'data/a.csv', ...TO));
    const read = await fake.az(['ml', 'model', 'download', '-n', 'm', '-v', '1', ...TO], { cwd: folder });
    assert.equal(read.code, 0, read.err);
    assert.equal(await readFile(join(folder, 'm', 'a.csv'), 'utf8'), fake.blobs.get('/place/a.csv')?.text);
  });

  test('a workspace’s model is shared under another name, once', async () => {
    const words = ['model', 'share', '-n', 'm', '-v', '1', '-g', 'rg', '-w', 'ws', ...TO];
    const share = () => az(...words, '--share-with-name', 'n', '--share-with-version', '2');
    assert.equal(json(await share())['id'], 'azureml://registries/shared/models/n/versions/2');
    assert.deepEqual(fake.requests.find(({ path }) => path.endsWith('/import'))?.body, {
      properties: {
        sourceAssetId: 'azureml://locations/eastus/workspaces/33333333-3333-3333-3333-333333333333/models/m/versions/1',
        destinationName: 'n',
        destinationVersion: '2',
      },
    });
    assert.ok(fake.requests.some(({ path }) => path === WORKSPACE));
    const again = await share();
    assert.deepEqual([again.code, /has a model n:2 already/.test(again.err)], [1, true], again.err);
    assert.equal((await az(...words)).code, 2);
  });
});
