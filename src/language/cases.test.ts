import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { compile } from './index.ts';
import { readCase } from './testdata/read-case.ts';

// Each file of `testdata/cases` is a case; `testdata/read-case.ts` says how they are written.
const folder = new URL('./testdata/cases/', import.meta.url);

describe('golden cases', () => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.txt'));
  assert.ok(names.length > 0);
  for (const name of names) {
    it(name, async () => {
      const { sections: parts, input } = readCase(readFileSync(new URL(name, folder), 'utf8'));
      const result = await compile(input);
      const errors = result.diagnostics.map(
        (one) => `${one.code} | ${one.text.replaceAll('\r', '').replaceAll('\n', '\\n')}`,
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
