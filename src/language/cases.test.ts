import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { compile } from './index.ts';

// Each file of `testdata/cases` holds sections that begin with `=== <name>`: files of the repository by their path (with
// `@alias` in another one; `/azure-pipelines.yml` is compiled), `parameters` and `variables` as JSON, and what must come
// out: `final` (the final YAML) or `errors`, a line each: the code, ` | `, the whole text with its place, line breaks as `\n`.
const folder = new URL('./testdata/cases/', import.meta.url);

function sections(text: string): Map<string, string> {
  const parts = text.split(/^=== (.+)\n/m).slice(1);
  return new Map(
    parts.flatMap((part, index) => (index % 2 === 0 ? [[part.trim(), parts[index + 1] ?? ''] as const] : [])),
  );
}

describe('golden cases', () => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.txt'));
  assert.ok(names.length > 0);
  for (const name of names) {
    it(name, async () => {
      const parts = sections(readFileSync(new URL(name, folder), 'utf8'));
      const variables = Object.entries(JSON.parse(parts.get('variables') ?? '{}') as Record<string, string>);
      const result = await compile({
        file: '/azure-pipelines.yml',
        files: {
          read: async (path, repository) => parts.get(repository === undefined ? path : `${path}@${repository}`),
        },
        parameters: JSON.parse(parts.get('parameters') ?? '{}'),
        variables: Object.fromEntries(variables.map(([key, value]) => [key, { value }])),
        systemVariables: { 'Build.SourceBranch': 'refs/heads/main', 'System.HostType': 'build' },
      });
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
      });
      assert.deepEqual(again.diagnostics, []);
      assert.equal(again.finalYaml, result.finalYaml, 'the final YAML is a fixpoint');
    });
  }
});
