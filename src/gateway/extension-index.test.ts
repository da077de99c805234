import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '../kernel/log.ts';
import { createCloudMetadata } from './cloud-metadata.ts';
import { EXTENSION_INDEX_PATH } from './extension-index.ts';

type Entry = { filename: string; downloadUrl: string; sha256Digest?: string; metadata: object };

test('installed extensions are listed with what is known of them: the kept wheel by its digest, none made up', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-extensions-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const install = (name: string, version: string) => {
    const info = join(folder, name, `${name.replaceAll('-', '_')}-${version}.dist-info`);
    mkdirSync(info, { recursive: true });
    writeFileSync(join(info, 'METADATA'), `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`);
  };
  install('made-here', '2.42.0');
  mkdirSync(join(folder, 'made-here', 'azext_made'));
  writeFileSync(
    join(folder, 'made-here', 'azext_made', 'azext_metadata.json'),
    '{"azext.minCliCoreVersion": "2.15.0"}',
  );
  const wheel = 'made_here-2.42.0-py3-none-any.whl';
  writeFileSync(join(folder, 'made-here', wheel), 'the wheel');
  install('made-by-pip', '1.0');
  mkdirSync(join(folder, 'broken'));
  const service = createCloudMetadata({
    log: silentLog,
    authenticate: async () => undefined,
    extensionFolders: [join(folder, 'absent'), folder],
    publicExtensions: async () => ({ ml: ['as the public list has it'] }),
  });
  t.after(() => service.close());
  install('ml', '2.0.0');
  const get = (url: string) => service.inject({ method: 'GET', url, headers: { host: '127.0.0.1:8460' } });
  const { extensions } = (await get(EXTENSION_INDEX_PATH)).json() as { extensions: Record<string, Entry[]> };
  assert.deepEqual(extensions['made-here'], [
    {
      filename: wheel,
      downloadUrl: `http://127.0.0.1:8460/_cloud/extensions/${wheel}`,
      sha256Digest: createHash('sha256').update('the wheel').digest('hex'),
      metadata: { 'azext.minCliCoreVersion': '2.15.0', name: 'made-here', version: '2.42.0' },
    },
  ]);
  const piped = 'made_by_pip-1.0-py3-none-any.whl';
  assert.deepEqual(extensions['made-by-pip'], [
    {
      filename: piped,
      downloadUrl: `http://127.0.0.1:8460/_cloud/extensions/${piped}`,
      metadata: { name: 'made-by-pip', version: '1.0' },
    },
  ]);
  assert.deepEqual(extensions['ml'], ['as the public list has it']);
  assert.equal(extensions['broken'], undefined);
  assert.equal((await get(`/_cloud/extensions/${wheel}`)).body, 'the wheel');
  const absent = await get(`/_cloud/extensions/${piped}`);
  assert.equal(absent.statusCode, 404);
  assert.match(absent.body, /made-by-pip 1\.0 is installed in .* was not kept/);
  assert.equal((await get('/_cloud/extensions/..%2fmade-here%2fazext_made')).statusCode, 404);
});
