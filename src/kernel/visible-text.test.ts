import assert from 'node:assert/strict';
import { test } from 'node:test';
import { visibleText } from './visible-text.ts';

test('what would steer a terminal is written out; lines, tabs and letters of any script stay', () => {
  assert.equal(visibleText('\x1b[31mred\x07\x00'), '\\x1b[31mred\\x07\\x00');
  assert.equal(visibleText('a\x9b2Jb\u202ec'), 'a\\x9b2Jb\\u202ec');
  assert.equal(visibleText('one\ttwo\nça va 試'), 'one\ttwo\nça va 試');
});

test('a long text is cut, and says by how much', () => {
  assert.equal(visibleText('x'.repeat(30), 10), `${'x'.repeat(10)}[20 more characters]`);
});
