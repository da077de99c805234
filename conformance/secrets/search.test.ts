import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findSecrets } from './search.ts';

test('a secret is found in every form, at every base64 alignment, and nowhere else', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-search-'));
  const secret = 'Pa55word/with+signs=and more';
  for (const before of ['', 'a', 'ab', 'abc']) {
    for (const after of ['', 'x', 'xy']) {
      writeFileSync(join(folder, 'log'), `noise ${Buffer.from(before + secret + after).toString('base64')} noise`);
      assert.equal(findSecrets(folder, [secret]).length > 0, true, `base64 of ${before}…${after}`);
    }
  }
  writeFileSync(join(folder, 'log'), encodeURIComponent(secret));
  assert.deepEqual(findSecrets(folder, [secret]), [`secret 1 as URL-encoded in ${join(folder, 'log')}`]);
  writeFileSync(join(folder, 'log'), '*** and other text');
  assert.deepEqual(findSecrets(folder, [secret]), []);
  rmSync(folder, { recursive: true });
});
