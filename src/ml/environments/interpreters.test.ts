import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { chooseInterpreter, findInterpreters, type Interpreter } from './interpreters.ts';

test('interpreters are found on PATH behind links, in pyenv and in uv’s folder; shims are passed over', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'interpreters-'));
  t.after(() => rmSync(root, { recursive: true }));
  const put = (path: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), '');
  };
  put('usr/python3.7');
  put('usr/python3.97');
  symlinkSync('python3.97', join(root, 'usr/python3'));
  put('pyenv/shims/python3');
  put('pyenv/versions/3.98.4/bin/python3.98');
  symlinkSync('python3.98', join(root, 'pyenv/versions/3.98.4/bin/python3'));
  put('pyenv/versions/not-a-version/bin/python3');
  put('fetched/cpython-3.99.1-linux-x86_64-gnu/bin/python3.99');
  symlinkSync('python3.99', join(root, 'fetched/cpython-3.99.1-linux-x86_64-gnu/bin/python3'));
  const env = { PATH: `${root}/pyenv/shims:${root}/usr`, PYENV_ROOT: `${root}/pyenv`, HOME: `${root}/home` };
  // The fixed folders of the machine are looked at too: only what was made here is compared.
  const mine = (list: Interpreter[]) =>
    list.filter((one) => one.path.startsWith(root)).map((one) => `${one.version}${one.usual ? ' usual' : ''}`);
  assert.deepEqual(mine(findInterpreters(env, join(root, 'fetched'))), ['3.99.1', '3.98.4', '3.97 usual', '3.7']);
  writeFileSync(join(root, 'pyenv/version'), '3.98.4\n');
  assert.deepEqual(mine(findInterpreters(env, join(root, 'fetched'))), ['3.99.1', '3.98.4 usual', '3.97', '3.7']);
});

test('the interpreter asked for is taken, else the nearest is named as a substitute', () => {
  const have = (...versions: string[]) =>
    versions.map((version, at) => ({ path: `/${version}`, version, usual: at === 0 }));
  const kindOf = (versions: string[], range: string | undefined) => {
    const choice = chooseInterpreter(have(...versions), range);
    return choice.kind === 'fits'
      ? choice.interpreter.version
      : choice.kind === 'substitute'
        ? `~${choice.nearest.version}`
        : 'none';
  };
  assert.equal(kindOf(['3.11.7', '3.10.13', '3.9.18'], '==3.10.*'), '3.10.13');
  assert.equal(kindOf(['3.11', '3.9.18'], '==3.10.*'), '~3.11');
  assert.equal(kindOf(['3.13.0', '3.9.18'], '==3.10.*'), '~3.9.18');
  assert.equal(kindOf(['3.10.13'], '==3.10.4.*'), '3.10.13', 'another patch of the same minor fits');
  assert.equal(kindOf(['3.7.1'], '==3.10.*'), 'none', 'too old to stand in');
  assert.equal(kindOf(['3.7.1'], '==3.7.*'), '3.7.1', 'but good when asked for');
  assert.equal(kindOf(['3.11', '3.13'], undefined), '3.11', 'the usual one when any will do');
  assert.equal(kindOf([], undefined), 'none');
});
