import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { DomainError } from '../kernel/errors.ts';
import { silentLog } from '../kernel/log.ts';
import { homeFault, lockHome, makeHome } from './home.ts';
import { openProcessLog } from './process-log.ts';
import { heardBy, watchStorage } from './storage-watch.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-home-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });

test('a full disk is spoken of once a minute, with the folder and what to do; other errors are not', () => {
  const said: string[] = [];
  let now = 0;
  const tell = watchStorage(
    '/data',
    (line) => said.push(line),
    () => now,
  );
  const log = heardBy(tell, silentLog);
  log.error({ error: new Error('something else') });
  log.error({ error: full });
  log.error({ error: full });
  assert.equal(said.length, 1);
  assert.match(said[0] ?? '', /^The disk of \/data is full\. Free some space/);
  now = 60_000;
  log.error({ error: full });
  assert.equal(said.length, 2);
});

test('a log that cannot be written does not end its process', { skip: !existsSync('/dev/full') }, () => {
  const faults: unknown[] = [];
  const log = openProcessLog('/dev/full', {}, (error) => faults.push(error));
  log.error({}, 'one');
  log.error({}, 'two');
  assert.equal((faults[0] as NodeJS.ErrnoException).code, 'ENOSPC');
});

test('a data directory that cannot be used is named, with the reason and the next step', () => {
  const file = join(folder, 'file');
  writeFileSync(file, 'mine');
  const refused = (text: RegExp) => (error: DomainError) => error.code === 'invalid' && text.test(error.message);
  for (const home of [file, join(file, 'below')])
    assert.throws(() => makeHome(home), refused(/cannot be used: there is a file in its place\. Set MILLRACE_HOME/));
  if (existsSync('/proc/self'))
    assert.throws(
      () => makeHome('/proc/nowhere/home'),
      refused(/cannot be used: it lies where nothing can be written/),
    );
  assert.equal(readFileSync(file, 'utf8'), 'mine');
  assert.match(
    homeFault('/data', Object.assign(new Error('x'), { code: 'EROFS' })).message,
    /\/data .*nothing can be written/,
  );
  const noSpace = homeFault('/data', full);
  assert.deepEqual([noSpace.code, noSpace.message.includes('/data is full')], ['unavailable', true]);
  const broken = homeFault('/data', Object.assign(new Error('file is not a database'), { errcode: 26 }));
  assert.match(broken.message, /database in \/data is damaged: .*Restore the folder/);
  const occupied = join(folder, 'occupied');
  mkdirSync(join(occupied, 'lock.db'), { recursive: true });
  assert.throws(() => lockHome(occupied), refused(/occupied cannot be used/));
});

test('a data directory is made closed to others, and only its lock holder has it', () => {
  const home = join(folder, 'new');
  makeHome(home);
  const lock = lockHome(home);
  assert.throws(() => lockHome(home), /Another Millrace server holds/);
  lock.release();
  lockHome(home).release();
});
