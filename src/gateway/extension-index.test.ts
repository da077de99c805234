import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { installedExtensions } from './extension-index.ts';

test('installed extensions are listed with their versions; what is no extension is passed over', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-extensions-'));
  mkdirSync(join(folder, 'ml', 'ml-2.42.0.dist-info'), { recursive: true });
  writeFileSync(
    join(folder, 'ml', 'ml-2.42.0.dist-info', 'METADATA'),
    'Metadata-Version: 2.1\nName: ml\nVersion: 2.42.0\n',
  );
  mkdirSync(join(folder, 'broken'));
  const found = await installedExtensions([join(folder, 'absent'), folder]);
  assert.deepEqual(Object.keys(found), ['ml']);
  assert.equal(found['ml']?.[0]?.filename, 'ml-2.42.0-py3-none-any.whl');
  assert.deepEqual(found['ml']?.[0]?.metadata, { name: 'ml', version: '2.42.0' });
  rmSync(folder, { recursive: true });
});
