import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compile } from './index.ts';
import { readCases } from './testdata/read-cases.ts';

// `testdata/read-cases.ts` says how the cases are written.
describe('golden cases', () => {
  const cases = readCases();
  assert.ok(cases.length > 0);
  for (const { name, sections: parts, input } of cases) {
    it(name, async () => {
      const result = await compile(input);
      const errors = result.diagnostics.map(
        (one) => `${one.code} | ${one.text.replaceAll('\r', '\\r').replaceAll('\n', '\\n')}`,
      );
      const expected = parts.get('errors')?.trimEnd().split('\n') ?? [];
      assert.deepEqual(errors, expected);
      if (expected.length > 0) return;
      assert.ok(result.finalYaml !== undefined);
      assert.equal(result.finalYaml.trimEnd(), parts.get('final')?.trimEnd());
      assert.ok(result.finalYaml.endsWith('\n\n') && !result.finalYaml.endsWith('\n\n\n'));
      // What the service prints for `trigger: none` it doesn't read back, nor a literal `${{` that an expression made.
      if (result.finalYaml.includes('${{')) return;
      if (parts.has('parameters') || /^(?:trigger|pr):\n {2}enabled: false/m.test(result.finalYaml)) return;
      const again = await compile({
        file: '/again.yml',
        text: result.finalYaml,
        files: { read: async () => undefined },
        acceptUnbuilt: true,
      });
      assert.deepEqual(again.diagnostics, []);
      assert.equal(again.finalYaml, result.finalYaml, 'the final YAML is a fixpoint');
    });
  }
});
