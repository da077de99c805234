import { readdirSync, readFileSync } from 'node:fs';
import type { CompileInput } from '../index.ts';

/** One case of `testdata/cases`: its name, its sections, and what is compiled. */
export type Case = {
  readonly name: string;
  readonly sections: ReadonlyMap<string, string>;
  readonly input: CompileInput;
};

const folder = new URL('./cases/', import.meta.url);

/**
 * Reads the cases of `testdata/cases`, of its folders too. A file is one case, or several that each begin with `##### <name>`. Sections
 * begin with `=== <name>`: files of the repository by their path (with `@alias` in another one; `/azure-pipelines.yml` is compiled),
 * `parameters` and `variables` as JSON, and what must come out: `final` (the final YAML) or `errors`, a line each: the code, ` | `,
 * the whole text with its place, line ends as `\n` and `\r\n`. A file's path followed by ` escaped`: its text has the escapes of JSON,
 * and the line's own end is none of its own.
 */
export function readCases(): Case[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.txt'));
  return names.sort().flatMap((file) => {
    const [only = '', ...parts] = readFileSync(new URL(file, folder), 'utf8').split(/^##### (.+)\n/m);
    const base = file.replace(/\.txt$/, '');
    if (parts.length === 0) return [readCase(base, only)];
    return parts.flatMap((part, index) =>
      index % 2 === 0 ? [readCase(`${base}: ${part.trim()}`, parts[index + 1] ?? '')] : [],
    );
  });
}

function readCase(name: string, text: string): Case {
  const parts = text.split(/^=== (.+)\n/m).slice(1);
  const sections = new Map(
    parts.flatMap((part, index) => (index % 2 === 0 ? [section(part.trim(), parts[index + 1] ?? '')] : [])),
  );
  const variables = Object.entries(JSON.parse(sections.get('variables') ?? '{}') as Record<string, string>);
  return {
    name,
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

function section(name: string, text: string): readonly [string, string] {
  if (!name.endsWith(' escaped')) return [name, text];
  return [name.slice(0, -' escaped'.length), JSON.parse(`"${text.replace(/\n$/, '')}"`) as string];
}
