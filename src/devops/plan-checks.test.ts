import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DomainError } from '../kernel/errors.ts';
import { compile, type Diagnostic } from '../language/index.ts';
import { checkPlan } from './plan-checks.ts';

async function check(text: string, strict = false, variables = {}, groups = {}, stages: string[] = []) {
  const { plan } = await compile({ file: '/a.yml', text, files: { read: async () => undefined } });
  assert.ok(plan);
  return checkPlan(plan, { variables, groups, stages, options: { strict, cleanCheckout: false, az: 'embedded' } });
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

test('a variable group needs values, given by its name in any case; those of a group that nothing names are pointed out', async () => {
  const text = 'variables:\n- group: shared\nsteps:\n- bash: a\n';
  await assert.rejects(check(text), refused(/variable group 'shared'/, 2, 3));
  assert.deepEqual(await check(text, true, {}, { Shared: { a: { value: '1' } } }), []);
  assert.match((await check(text, false, {}, { shared: {}, other: {} })).join(), /no variable group 'other'/);
});

test('a manual stage is refused with its place, and runs when the request names it', async () => {
  const text =
    'stages:\n- stage: Build\n  jobs: []\n- stage: Ship\n  trigger: manual\n  jobs: [{job: A, steps: [{bash: a}]}]\n';
  await assert.rejects(check(text), refused(/not implemented: stage 'Ship' .* --stage Ship/, 4, 3));
  assert.deepEqual(await check(text, true, {}, {}, ['ship']), []);
});
