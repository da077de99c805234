import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration } from './duration.ts';
import { formatLogLine, ownLines } from './log-line.ts';
import { createStyle, wantsColour } from './style.ts';
import { fitText, plainText, textWidth } from './text-width.ts';

test('durations', () => {
  const cases = [
    [0, '0.0s'],
    [-5, '0.0s'],
    [1249, '1.2s'],
    [59_949, '59.9s'],
    [59_950, '1m 00s'],
    [125_400, '2m 05s'],
    [3_599_400, '59m 59s'],
    [3_725_000, '1h 02m'],
    [90_000_000, '25h 00m'],
  ] as const;
  for (const [milliseconds, text] of cases) assert.equal(formatDuration(milliseconds), text);
});

test('text of a pipeline cannot steer the terminal', () => {
  assert.equal(plainText('a\x1b[2Jb\x1b]0;title\x07c\x1b]8;;http://x\x1b\\d\x07\r\ne\tf\u202eg\x9b31m'), 'abcde fg31m');
});

test('width counts wide characters twice and combining marks not at all', () => {
  assert.equal(textWidth('ab'), 2);
  assert.equal(textWidth('構築'), 4);
  assert.equal(textWidth('e\u0301'), 1);
  assert.equal(textWidth('🚀'), 2);
  assert.equal(fitText('構築する', 6), '構築…');
  assert.equal(fitText('abcdef', 4), 'abc…');
  assert.equal(fitText('abcd', 4), 'abcd');
  assert.equal(fitText('abcd', 0), '');
});

test('log lines lose their time and show their tags as colours', () => {
  const time = '2026-01-05T10:00:00.1234567Z';
  const plain = createStyle(false);
  assert.equal(formatLogLine(`${time} hello`, plain), 'hello');
  assert.equal(formatLogLine(`${time} ##[error]no`, plain), 'error: no');
  assert.equal(formatLogLine(`${time} ##[command]ls`, createStyle(true)), '\x1b[34mls\x1b[39m');
  assert.equal(formatLogLine('2026-01-05 is a date', plain), '2026-01-05 is a date');
});

test("a step's own lines come after its header and before its closing line", () => {
  const rule = '='.repeat(78);
  const log = [
    '##[section]Starting: x',
    rule,
    'Task         : Bash',
    rule,
    'one',
    '',
    'two',
    '##[section]Finishing: x',
  ];
  assert.deepEqual(ownLines(log), ['one', 'two']);
  assert.deepEqual(ownLines(['just', 'lines']), ['just', 'lines']);

  const header = log.slice(0, 4);
  const banner = `${'='.repeat(26)} Starting Command Output ${'='.repeat(27)}`;
  const attempt = [banner, '##[command]/usr/bin/bash /tmp/x.sh', 'one', '##[command]mine'];
  assert.deepEqual(ownLines([...header, 'Script contents:', 'run me', ...attempt, ...attempt]), [
    'one',
    '##[command]mine',
    'one',
    '##[command]mine',
  ]);
  assert.deepEqual(ownLines([...header, '##[command]az login', '##[command]bash x.sh', 'one']), ['one']);
  assert.deepEqual(ownLines(['the end of a long log', ...attempt]), [
    'the end of a long log',
    'one',
    '##[command]mine',
  ]);
  assert.deepEqual(ownLines(['##[command]mine', 'one']), ['##[command]mine', 'one']);
});

test('colours are for terminals, and NO_COLOR turns them off', () => {
  assert.equal(wantsColour({ isTTY: true }, {}), true);
  assert.equal(wantsColour({ isTTY: true }, { NO_COLOR: '' }), true);
  assert.equal(wantsColour({ isTTY: true }, { NO_COLOR: '1' }), false);
  assert.equal(wantsColour({ isTTY: true }, { TERM: 'dumb' }), false);
  assert.equal(wantsColour({}, {}), false);
});
