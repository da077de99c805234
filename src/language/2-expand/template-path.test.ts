import assert from 'node:assert/strict';
import { it } from 'node:test';
import { resolveTemplate } from './template-path.ts';

const here = { path: '/folder/sub/a.yml', repository: undefined, label: '/folder/sub/a.yml' };
const there = { path: '/x/b.yml', repository: 'lib', label: '/x/b.yml@lib' };
const aliases = new Set(['lib']);

it('resolves references as the service does', () => {
  const file = (path: string, repository?: string) => ({ kind: 'file', path, repository });
  const cases: [string, typeof here | typeof there, unknown][] = [
    ['t.yml', here, file('/folder/sub/t.yml')],
    ['./t.yml', here, file('/folder/sub/t.yml')],
    ['../t.yml', here, file('/folder/t.yml')],
    ['..\\..\\t.yml', here, file('/t.yml')],
    ['/t.yml', here, file('/t.yml')],
    ['t.yml@', here, file('/folder/sub/t.yml')],
    ['t.yml@self', here, file('/folder/sub/t.yml')],
    ['t.yml@LIB', here, file('/t.yml', 'lib')],
    ['t.yml', there, file('/x/t.yml', 'lib')],
    ['t.yml@lib', there, file('/x/t.yml', 'lib')],
    ['t.yml@self', there, file('/t.yml')],
    ['a@b.yml', here, { kind: 'unknown-repository', alias: 'b.yml' }],
    ['../../../t.yml', here, { kind: 'outside', path: '/folder/sub/../../../t.yml' }],
    ['../t.yml', { ...here, path: '/a.yml' }, { kind: 'outside', path: '//../t.yml' }],
    ['../t.yml@lib', here, { kind: 'outside', path: '/../t.yml' }],
  ];
  for (const [reference, from, expected] of cases)
    assert.deepEqual(resolveTemplate(reference, from, aliases), expected, reference);
});
