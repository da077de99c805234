import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { moveInto } from './drafts.ts';

/** A file system of its own, on machines that have one. */
const OTHER = '/dev/shm';
const isOther = existsSync(OTHER) && statSync(OTHER).dev !== statSync(tmpdir()).dev;

test('a draft gets into a folder of another file system whole, and leaves nothing behind', {
  skip: isOther ? false : `${OTHER} is no other file system here`,
}, async () => {
  const [here, there] = [mkdtempSync(join(tmpdir(), 'millrace-draft-')), mkdtempSync(join(OTHER, 'millrace-draft-'))];
  try {
    const [draft, target] = [join(here, 'draft'), join(there, 'a', 'b.txt')];
    writeFileSync(draft, 'content');
    await moveInto(draft, target);
    assert.equal(readFileSync(target, 'utf8'), 'content');
    assert.ok(!existsSync(draft));
    assert.deepEqual(readdirSync(join(there, 'a')), ['b.txt']);
  } finally {
    for (const folder of [here, there]) rmSync(folder, { recursive: true });
  }
});
