import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type FakeAzure, loggedIn, startFakeAzure } from '../../../testing/fake-azure.ts';

describe('az ml component prepare-for-sign', () => {
  let fake: FakeAzure;
  let folder: string;
  before(async () => {
    fake = await startFakeAzure();
    folder = join(fake.env['HOME'] ?? '', 'work');
    mkdirSync(join(folder, 'src', 'b'), { recursive: true });
    writeFileSync(join(folder, 'src', 'main.py'), 'print(1)\n');
    writeFileSync(join(folder, 'src', 'b', 'é.txt'), 'x');
  });
  after(() => fake.close());
  beforeEach(() => loggedIn(fake));
  const prepare = (text: string) => {
    writeFileSync(join(folder, 'c.yml'), text);
    return fake.az(['ml', 'component', 'prepare-for-sign', '-f', 'c.yml', '-g', 'rg', '-w', 'ws'], { cwd: folder });
  };
  const catalog = (name: string) => readFileSync(join(folder, 'src', name), 'utf8');
  const sha = (text: string) => createHash('sha256').update(text).digest('hex').toUpperCase();

  test('the catalog names the SHA-256 of every file but itself, time and again', async () => {
    const text = 'type: command\nname: c\ncode: ./src\ncommand: ls\nenvironment: azureml:e:1\n';
    for (const _ of [1, 2]) {
      const { code, out, err } = await prepare(text);
      assert.deepEqual([code, out], [0, ''], err);
      assert.equal(
        catalog('catalog.json'),
        `{"HashAlgorithm": "SHA256", "CatalogItems": {"b/\\u00e9.txt": "${sha('x')}", "main.py": "${sha('print(1)\n')}"}}`,
      );
      assert.equal(catalog('catalog.json.sig'), catalog('catalog.json'));
    }
    assert.equal(fake.requests.filter(({ method }) => method === 'PUT').length, 0);
  });

  test('a pipeline has nothing to be signed; code that is elsewhere, and none, is refused', async () => {
    assert.equal((await prepare('type: pipeline\nname: p\njobs: {}\n')).code, 0);
    for (const code of ['', 'code: azureml:c:1\n']) {
      const { code: exit, err } = await prepare(
        `type: command\nname: c\n${code}command: ls\nenvironment: azureml:e:1\n`,
      );
      assert.equal(exit, 1);
      assert.match(err, /code: the component has no local code/);
    }
  });
});
