import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storageFault } from './storage-fault.ts';

test('a full disk and one that may not be written are told from other errors', () => {
  const made = (fields: object) => Object.assign(new Error('no'), fields);
  assert.equal(storageFault(made({ code: 'ENOSPC' })), 'full');
  assert.equal(storageFault(made({ code: 'ERR_SQLITE_ERROR', errcode: 13 })), 'full');
  assert.equal(storageFault(new Error('told on', { cause: made({ code: 'EDQUOT' }) })), 'full');
  assert.equal(storageFault(made({ code: 'EROFS' })), 'unwritable');
  assert.equal(storageFault(made({ code: 'ERR_SQLITE_ERROR', errcode: 10 | (8 << 8) })), 'unwritable');
  for (const other of [made({ code: 'ENOENT' }), made({ code: 'ERR_SQLITE_ERROR', errcode: 19 }), undefined, 'full'])
    assert.equal(storageFault(other), undefined);
});
