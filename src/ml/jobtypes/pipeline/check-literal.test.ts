import assert from 'node:assert/strict';
import { test } from 'node:test';
import { misfit } from './check-literal.ts';

test('a literal is held against the type, the bounds and the values of the input', () => {
  const cases: [object, string, string | undefined][] = [
    [{ type: 'number' }, '1e-05', undefined],
    [{ type: 'number' }, '.5', undefined],
    [{ type: 'number' }, 'fast', 'a number'],
    [{ type: 'number' }, '', 'a number'],
    [{ type: 'Integer' }, '-3', undefined],
    [{ type: 'integer' }, '3.5', 'a whole number'],
    [{ type: 'boolean' }, 'True', undefined],
    [{ type: 'boolean' }, 'yes', 'true or false'],
    [{ type: 'number', min: '0.1', max: '0.9' }, '0.95', 'at most 0.9'],
    [{ type: 'integer', min: 1 }, '0', 'at least 1'],
    [{ type: 'string', enum: ['a', 'b'] }, 'c', 'one of a, b'],
    [{ type: 'string' }, 'anything', undefined],
    [{}, 'anything', undefined],
  ];
  for (const [declaration, text, expected] of cases) assert.equal(misfit(declaration, text), expected, text);
});
