import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openProcessLog } from './process-log.ts';

test('lines are JSON, of the level asked for, and tell errors whole', () => {
  const folder = mkdtempSync(join(tmpdir(), 'process-log-'));
  try {
    const file = join(folder, 'below', 'server.log');
    const log = openProcessLog(file, { MILLRACE_LOG_LEVEL: 'warn' });
    log.info({ a: 1 }, 'too little');
    const cause = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    log.error({ error: new Error('not written', { cause }), run: 7 }, 'a run is stuck');
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    log.warn({ circle }, 'round');
    openProcessLog(file, {}).info({}, 'appended');
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const [first, second, third] = lines.map((line) => JSON.parse(line));
    assert.equal(lines.length, 3);
    assert.deepEqual([first.level, first.msg, first.run], [50, 'a run is stuck', 7]);
    assert.deepEqual([first.error.type, first.error.message], ['Error', 'not written']);
    assert.match(first.error.stack, /process-log\.test/);
    assert.deepEqual([first.error.cause.message, first.error.cause.code], ['no space', 'ENOSPC']);
    assert.equal(second.msg, 'round');
    assert.match(second.unwritable, /circular/);
    assert.deepEqual([third.level, third.msg], [30, 'appended']);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.throws(() => openProcessLog(file, { MILLRACE_LOG_LEVEL: 'loud' }), /MILLRACE_LOG_LEVEL is 'loud'/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
