import type { CompileInput } from '../index.ts';

/**
 * Reads a file of `testdata/cases`. Sections begin with `=== <name>`: files of the repository by their path (with `@alias` in another
 * one; `/azure-pipelines.yml` is compiled), `parameters` and `variables` as JSON, and what must come out: `final` (the final
 * YAML) or `errors`, a line each: the code, ` | `, the whole text with its place, line breaks as `\n`.
 */
export function readCase(text: string): { sections: ReadonlyMap<string, string>; input: CompileInput } {
  const parts = text.split(/^=== (.+)\n/m).slice(1);
  const sections = new Map(
    parts.flatMap((part, index) => (index % 2 === 0 ? [[part.trim(), parts[index + 1] ?? ''] as const] : [])),
  );
  const variables = Object.entries(JSON.parse(sections.get('variables') ?? '{}') as Record<string, string>);
  return {
    sections,
    input: {
      file: '/azure-pipelines.yml',
      files: {
        read: async (path, repository) => sections.get(repository === undefined ? path : `${path}@${repository}`),
      },
      parameters: JSON.parse(sections.get('parameters') ?? '{}'),
      variables: Object.fromEntries(variables.map(([key, value]) => [key, { value }])),
      acceptUnbuilt: true,
      systemVariables: { 'Build.SourceBranch': 'refs/heads/main', 'System.HostType': 'build' },
    },
  };
}
