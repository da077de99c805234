import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openVault } from '../../store/index.ts';
import { openDocument, sealDocument } from './secrets.ts';

test('documents are sealed whole; those of older servers are read, their secrets opened', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-secrets-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const vault = await openVault(join(folder, 'key'));
  const document = { a: { value: 'one', isSecret: true }, b: { value: 'made of one' }, list: [1, null, 'v1.x'] };
  const sealed = sealDocument(vault, document);
  assert.doesNotMatch(sealed, /one|value/);
  assert.deepEqual(openDocument(vault, sealed), document);
  assert.deepEqual(openDocument(vault, sealDocument(vault, null)), null);

  const older = JSON.stringify({ ...document, a: { sealed: vault.seal('one'), isSecret: true } });
  assert.deepEqual(openDocument(vault, older), document);
  assert.deepEqual(openDocument(vault, '{}'), {});
  const other = await openVault(join(folder, 'other-key'));
  assert.throws(() => openDocument(other, sealed), /restore the key/);
});
