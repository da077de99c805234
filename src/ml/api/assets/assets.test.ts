import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { codeHashInput } from '../../../contracts/code-hash.ts';
import { type ArmScene, openArmScene, WS } from '../../arm-scene.ts';

const scenes: ArmScene[] = [];
after(async () => {
  for (const scene of scenes) await scene.close();
});

async function open(): Promise<ArmScene> {
  const scene = await openArmScene();
  scenes.push(scene);
  return scene;
}

const data = (path: string, more: object = {}) => ({
  dataType: 'uri_folder',
  dataUri: `azureml://datastores/workspaceblobstore/paths/${path}`,
  ...more,
});

/** Whether a listed asset is more than a curated environment, which every workspace shows. */
const isStored = ({ name }: { name: string }) => !name.startsWith('AzureML-');

describe('containers and versions', () => {
  test('a version makes its container, which tells the latest and the next; archived ones are left out', async () => {
    const s = await open();
    const first = await s.put(`${WS}/data/iris/versions/1`, data('iris/1', { tags: { a: 'x' } }));
    assert.equal(first.status, 201);
    assert.equal(
      first.headers['location'],
      `https://management.azure.com${WS}/data/iris/versions/1?api-version=2024-04-01`,
    );
    assert.match(
      first.body.properties.dataUri,
      /^azureml:\/\/subscriptions\/s1\/.*\/datastores\/workspaceblobstore\/paths\/iris\/1\/$/,
    );
    await s.put(`${WS}/data/iris/versions/7`, data('iris/7'));
    await s.put(`${WS}/data/iris/versions/blue`, data('iris/blue'));
    let container = (await s.get(`${WS}/data/iris`)).body;
    assert.deepEqual(
      [container.properties.latestVersion, container.properties.nextVersion, container.properties.dataType],
      ['blue', '8', 'uri_folder'],
    );
    // Clients archive by sending back what they read.
    const blue = (await s.get(`${WS}/data/iris/versions/blue`)).body;
    const archived = await s.put(`${WS}/data/iris/versions/blue`, { ...blue.properties, isArchived: true });
    assert.equal(archived.status, 200);
    assert.equal(archived.headers['location'], undefined);
    container = (await s.get(`${WS}/data/iris`)).body;
    assert.equal(container.properties.latestVersion, '7');
    assert.equal((await s.get(`${WS}/data/iris/labels/latest`)).body.name, '7');
    const names = async (query: string) =>
      (await s.get(`${WS}/data/iris/versions?${query}`)).body.value.map((one: { name: string }) => one.name);
    assert.deepEqual(await names(''), ['7', '1']);
    assert.deepEqual(await names('listViewType=ArchivedOnly'), ['blue']);
    assert.deepEqual(await names('listViewType=All&$orderBy=createdtime%20asc'), ['1', '7', 'blue']);
    assert.deepEqual(await names('$orderBy=createdtime%20desc&$top=1'), ['7']);
    await s.put(`${WS}/data/iris/versions/blue`, { ...archived.body.properties, isArchived: false });
    assert.deepEqual(await names('$top=1'), ['blue']);
  });

  test('a container is archived, restored and removed with its versions', async () => {
    const s = await open();
    await s.put(`${WS}/models/m/versions/1`, { modelUri: 'azureml://datastores/d/paths/m' });
    const container = (await s.get(`${WS}/models/m`)).body;
    await s.put(`${WS}/models/m`, { ...container.properties, isArchived: true, description: 'old' });
    assert.deepEqual(await s.all(`${WS}/models`), []);
    const [one] = await s.all(`${WS}/models?listViewType=ArchivedOnly`);
    assert.deepEqual([one.properties.description, one.properties.latestVersion], ['old', '1']);
    await s.put(`${WS}/models/m`, { ...one.properties, isArchived: false });
    assert.equal((await s.all(`${WS}/models`)).length, 1);
    assert.equal((await s.delete(`${WS}/models/m`)).status, 200);
    assert.equal((await s.delete(`${WS}/models/m`)).status, 204);
    assert.equal((await s.get(`${WS}/models/m/versions/1`)).status, 404);
    const gone = await s.get(`${WS}/models/m`);
    assert.equal(gone.status, 404);
    assert.equal(gone.body.error.code, 'UserError');
    assert.match(JSON.stringify(gone.body.error.additionalInfo), /ModelNotFound/);
    assert.equal((await s.put(`${WS}/models/empty`, { description: 'no version yet' })).status, 201);
    assert.deepEqual((await s.get(`${WS}/models/empty`)).body.properties.nextVersion, '1');
  });

  test('lists come in pages that neither lose nor repeat one while others are made', async () => {
    const s = await open();
    for (let n = 1; n <= 7; n += 1) await s.put(`${WS}/data/d${n}/versions/1`, data(`d${n}`));
    const first = (await s.get(`${WS}/data?count=3`)).body;
    assert.deepEqual(
      first.value.map((one: { name: string }) => one.name),
      ['d7', 'd6', 'd5'],
    );
    assert.match(first.nextLink, /^https:\/\/management\.azure\.com.*skip/);
    await s.put(`${WS}/data/d8/versions/1`, data('d8'));
    const rest = await s.all(
      first.nextLink.replace('https://management.azure.com', '').replace(/[?&]api-version=[^&]*/, ''),
    );
    assert.deepEqual(
      rest.map((one) => one.name),
      ['d4', 'd3', 'd2', 'd1'],
    );
  });

  test('a count of what is left out goes too, for containers and versions', async () => {
    const s = await open();
    for (const n of [1, 2, 3]) {
      await s.put(`${WS}/data/d${n}/versions/1`, data(`d${n}`));
      await s.put(`${WS}/data/many/versions/${n}`, data(`many${n}`));
    }
    const names = async (path: string) =>
      (await s.get(`${WS}/${path}`)).body.value.map((one: { name: string }) => one.name);
    assert.deepEqual(await names('data?$skip=0&$top=2'), ['d3', 'd2']);
    assert.deepEqual(await names('data?$skip=2'), ['many', 'd1']);
    assert.deepEqual(await names('data/many/versions?$skip=1&$top=1'), ['2']);
    assert.deepEqual(
      (await s.all(`${WS}/data?$skip=1&count=1`)).map((one) => one.name),
      ['d2', 'many', 'd1'],
    );
    assert.deepEqual(
      (await s.all(`${WS}/data/many/versions?$skip=1&count=1`)).map((one) => one.name),
      ['2', '1'],
    );
  });

  test('a component that is asked for without a version is the newest', async () => {
    const s = await open();
    const spec = (command: string) => ({ componentSpec: { type: 'command', command, environment: 'azureml:e:1' } });
    await s.put(`${WS}/components/c/versions/1`, spec('one'));
    await s.put(`${WS}/components/c/versions/2`, spec('two'));
    assert.equal((await s.get(`${WS}/components/c/versions/azureml_default`)).body.name, '2');
    const absent = await s.get(`${WS}/components/none/versions/azureml_default`);
    assert.deepEqual(
      [absent.status, absent.body.error.message],
      [404, "There is no component 'none' in this workspace."],
    );
  });

  test('versions are found by tags, properties, version and stage', async () => {
    const s = await open();
    const model = (n: number, more: object) =>
      s.put(`${WS}/models/m/versions/${n}`, { modelUri: `azureml://datastores/d/paths/${n}`, ...more });
    await model(1, { tags: { team: 'a', kept: '' }, stage: 'Production' });
    await model(2, { tags: { team: 'b' }, properties: { p: '1' }, flavors: { sklearn: { data: {} } } });
    await model(3, {});
    const names = async (query: string) => (await s.all(`${WS}/models/m/versions?${query}`)).map((one) => one.name);
    assert.deepEqual(await names('tags=team'), ['2', '1']);
    assert.deepEqual(await names('tags=team=a,kept'), ['1']);
    assert.deepEqual(await names('properties=p=1'), ['2']);
    assert.deepEqual(await names('version=3'), ['3']);
    assert.deepEqual(await names('stage=Production'), ['1']);
    assert.deepEqual(await names('offset=1&count=1'), ['2', '1']);
    assert.equal((await s.get(`${WS}/models/m/versions?$orderBy=size`)).status, 400);
    assert.equal((await s.get(`${WS}/models/m/versions?listViewType=Some`)).status, 400);
  });

  test('anonymous versions are there by their id and in no list', async () => {
    const s = await open();
    const spec = { name: 'a', type: 'command', command: 'x', environment: 'azureml:e:1' };
    const url = `${WS}/components/azureml_anonymous/versions/5f2c0000-0000-4000-8000-000000000001`;
    assert.equal((await s.put(url, { componentSpec: spec, isAnonymous: true })).status, 201);
    assert.equal((await s.put(url, { componentSpec: spec, isAnonymous: true })).status, 201);
    assert.deepEqual(await s.all(`${WS}/components`), []);
    assert.equal((await s.get(url)).body.properties.isAnonymous, true);
  });
});

describe('what may not change', () => {
  test('a description may; another content is refused in the words and with the status of the service', async () => {
    const s = await open();
    const spec = { name: 'c', version: '1', type: 'command', command: 'x', environment: 'azureml:e:1' };
    const component = `${WS}/components/c/versions/1`;
    await s.put(component, { componentSpec: spec });
    const read = { id: `azureml:${component}`, creation_context: { created_by: 'somebody' } };
    const edited = { ...spec, ...read, description: 'now with words', _source: 'YAML.COMPONENT' };
    assert.equal((await s.put(component, { componentSpec: edited })).status, 200);
    assert.equal((await s.get(component)).body.properties.componentSpec.description, 'now with words');
    const other = await s.put(component, { componentSpec: { ...spec, command: 'y' } });
    assert.equal(other.status, 400);
    assert.equal(other.body.error.code, 'UserError');
    assert.match(
      JSON.stringify(other.body.error.additionalInfo),
      /BadArgument.*ArgumentInvalid.*UpdateComponentFailed/,
    );
    assert.equal((await s.get(component)).body.properties.componentSpec.command, 'x');

    await s.put(`${WS}/data/d/versions/1`, data('here'));
    assert.equal((await s.put(`${WS}/data/d/versions/1`, data('here', { tags: { a: 'b' } }))).status, 200);
    const moved = await s.put(`${WS}/data/d/versions/1`, data('there'));
    assert.deepEqual([moved.status, moved.body.error.code], [409, 'UserError']);
    assert.match(moved.body.error.message, /^A data version with this name and version already exists\./);

    await s.put(`${WS}/codes/k/versions/1`, { codeUri: 'https://a.blob.core.windows.net/c/one' });
    const code = await s.put(`${WS}/codes/k/versions/1`, { codeUri: 'https://a.blob.core.windows.net/c/two' });
    assert.deepEqual([code.status, code.body.error.message], [400, 'Asset paths cannot be updated.']);

    const contextUri = 'https://a.blob.core.windows.net/c/context/';
    await s.put(`${WS}/environments/built/versions/1`, { build: { contextUri } });
    const built = (await s.get(`${WS}/environments/built/versions/1`)).body.properties.build;
    assert.deepEqual(built, { contextUri, dockerfilePath: 'Dockerfile' });
    assert.ok((await s.put(`${WS}/environments/built/versions/1`, { build: { contextUri } })).status < 300);

    await s.put(`${WS}/environments/e/versions/1`, { image: 'i:1', condaFile: 'name: x' });
    assert.equal((await s.put(`${WS}/environments/e/versions/1`, { image: 'i:1', condaFile: 'name: x' })).status, 201);
    assert.equal((await s.put(`${WS}/environments/e/versions/1`, { image: 'i:2' })).status, 409);
  });

  test('of two clients that write one version at once, one has it and the other is told; nothing is mixed', async () => {
    const s = await open();
    await s.put(`${WS}/data/warm/versions/1`, data('warm'));
    const answers = await Promise.all(
      ['left', 'right', 'left'].map((side) => s.put(`${WS}/data/race/versions/1`, data(side, { description: side }))),
    );
    const statuses = answers.map((answer) => answer.status).sort();
    assert.deepEqual(statuses, [200, 201, 409]);
    const kept = (await s.get(`${WS}/data/race/versions/1`)).body.properties;
    assert.match(kept.dataUri, new RegExp(`/paths/${kept.description}/$`));
    assert.equal((await s.all(`${WS}/data/race/versions`)).length, 1);
  });

  test('what cannot be stored is refused with its key, and leaves no container', async () => {
    const s = await open();
    const refused = async (url: string, properties: object, target: string) => {
      const answer = await s.put(`${WS}/${url}`, properties);
      assert.deepEqual([answer.status, answer.body.error.target], [400, target]);
    };
    await refused('data/x/versions/1', { dataType: 'uri_folder' }, 'dataUri');
    await refused('data/x/versions/1', { dataUri: 'azureml://datastores/d/paths/x', dataType: 'table' }, 'dataType');
    await refused(
      'models/x/versions/1',
      { modelUri: 'azureml://datastores/d/paths/x', modelType: 'onnx' },
      'modelType',
    );
    await refused('environments/x/versions/1', { image: 'i', build: { contextUri: 'x' } }, 'image');
    await refused('environments/x/versions/1', { build: { dockerfilePath: 'Dockerfile' } }, 'contextUri');
    const outside = { contextUri: 'https://github.com/org/repo.git#main:../other' };
    await refused('environments/x/versions/1', { build: outside }, 'contextUri');
    await refused('environments/x/versions/1', { build: { contextUri: 'file:///etc' } }, 'contextUri');
    await refused('components/x/versions/1', {}, 'componentSpec');
    await refused('codes/x/versions/1', {}, 'codeUri');
    await refused('data/x/versions/a..b', data('x'), 'name');
    for (const kind of ['data', 'models', 'environments', 'components', 'codes'])
      assert.deepEqual((await s.all(`${WS}/${kind}?listViewType=All`)).filter(isStored), []);
  });
});

describe('code', () => {
  const hashOf = (files: Readonly<Record<string, string>>) => {
    const listed = Object.entries(files).map(([path, text]) => ({ path, size: Buffer.byteLength(text), text }));
    const { head, files: ordered } = codeHashInput(listed);
    return createHash('sha256')
      .update(`${head}${ordered.map((file) => file.text).join('')}`)
      .digest('hex');
  };
  const place = (uri: string) => {
    const [, account = '', container = ''] = /^https:\/\/([a-z0-9]+)\.[^/]+\/([^/]+)/.exec(uri) ?? [];
    return { account, container };
  };

  test('an upload is found again by its hash, under any name', async () => {
    const s = await open();
    const files = { 'B/c.txt': 'x', 'a.txt': 'hello', 'main.py': 'print(1)\n' };
    const hash = hashOf(files);
    assert.deepEqual((await s.get(`${WS}/codes/one/versions?hash=${hash}&hashVersion=202208`)).body.value, []);
    const upload = (await s.post(`${WS}/codes/one/versions/1/startPendingUpload`)).body;
    const { blobUri, credential } = upload.blobReferenceForConsumption;
    assert.equal(credential.sasUri, `${blobUri}?sig=${place(blobUri).container}&sp=racwl`);
    for (const [path, text] of Object.entries(files))
      s.blob(place(blobUri).account, place(blobUri).container, `src/${path}`, text);
    const made = await s.put(`${WS}/codes/one/versions/1`, {
      codeUri: `${blobUri}/src`,
      isAnonymous: true,
      properties: { hash_sha256: hash, hash_version: '202208' },
    });
    assert.deepEqual([made.status, made.body.properties.isAnonymous], [201, false]);
    const [found] = (await s.get(`${WS}/codes/two/versions?hash=${hash}&hashVersion=202208`)).body.value;
    assert.equal(found.id, `${WS}/codes/one/versions/1`);
  });

  test('an upload that was cut off registers nothing, and goes on where it was', async () => {
    const s = await open();
    const files = { 'a.py': '1', 'b.py': '2' };
    const first = (await s.post(`${WS}/codes/cut/versions/1/startPendingUpload`)).body;
    const { blobUri } = first.blobReferenceForConsumption;
    s.blob(place(blobUri).account, place(blobUri).container, 'src/a.py', '1');
    const body = { codeUri: `${blobUri}/src`, properties: { hash_sha256: hashOf(files), hash_version: '202208' } };
    const early = await s.put(`${WS}/codes/cut/versions/1`, body);
    assert.deepEqual([early.status, early.body.error.code], [400, 'UserError']);
    assert.match(early.body.error.message, /upload is not complete/);
    assert.equal((await s.get(`${WS}/codes/cut/versions/1`)).status, 404);
    assert.deepEqual(await s.all(`${WS}/codes?listViewType=All`), []);
    const again = (await s.post(`${WS}/codes/cut/versions/1/startPendingUpload`)).body;
    assert.equal(again.blobReferenceForConsumption.blobUri, blobUri);
    assert.equal(again.pendingUploadId, first.pendingUploadId);
    s.blob(place(blobUri).account, place(blobUri).container, 'src/b.py', '2');
    assert.equal((await s.put(`${WS}/codes/cut/versions/1`, body)).status, 201);
    // The registered content has no signature to write it any more.
    const fresh = (await s.post(`${WS}/codes/cut/versions/1/startPendingUpload`)).body;
    assert.notEqual(fresh.blobReferenceForConsumption.blobUri, blobUri);
  });

  test('a container of codes is listed, and a version is removed', async () => {
    const s = await open();
    await s.put(`${WS}/codes/k/versions/1`, { codeUri: 'https://other.example/c/one' });
    const [container] = await s.all(`${WS}/codes`);
    assert.deepEqual([container.id, container.properties.latestVersion], [`${WS}/codes/k`, '1']);
    assert.equal((await s.delete(`${WS}/codes/k/versions/1`)).status, 200);
    assert.equal((await s.get(`${WS}/codes/k/versions/1`)).status, 404);
  });
});
