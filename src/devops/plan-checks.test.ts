import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DomainError } from '../kernel/errors.ts';
import { compile, type Diagnostic } from '../language/index.ts';
import { checkPlan } from './plan-checks.ts';

async function check(text: string, strict = false, variables = {}) {
  const { plan } = await compile({ file: '/a.yml', text, files: { read: async () => undefined } });
  assert.ok(plan);
  return checkPlan(plan, { variables, options: { strict, cleanCheckout: false, az: 'embedded' } });
}

/** What a refused pipeline must say: that it is the pipeline's fault, what, and where. */
const refused = (text: RegExp, line: number, column: number) => (error: DomainError) => {
  const [first] = (error.details as { diagnostics: Diagnostic[] }).diagnostics;
  assert.match(error.message, text);
  assert.deepEqual([error.code, first?.file, first?.line, first?.column], ['invalid', '/a.yml', line, column]);
  return true;
};

test('hosted pools and the default pool are this machine', async () => {
  for (const pool of ['{vmImage: ubuntu-latest}', 'Azure Pipelines', 'Default'])
    assert.deepEqual(await check(`pool: ${pool}\nsteps:\n- bash: a\n`, true), []);
});

test('an unknown pool is this machine too, except in strict mode', async () => {
  const text = 'pool: gpus\nsteps:\n- bash: a\n';
  assert.match((await check(text)).join(), /no agent pool 'gpus': job Job runs on this machine/);
  await assert.rejects(check(text, true), refused(/Could not find a pool with name gpus\./, 3, 1));
});

test('a queue-time variable that the YAML sets is pointed out', async () => {
  const warnings = await check('variables: {Color: red}\nsteps:\n- bash: a\n', false, { color: { value: 'blue' } });
  assert.equal(warnings.length, 1);
});

test('variable groups are refused by name', async () => {
  await assert.rejects(
    check('variables:\n- group: shared\nsteps:\n- bash: a\n'),
    refused(/not implemented: variable groups .*'shared'/, 2, 3),
  );
});
