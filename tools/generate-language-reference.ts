// The reference page of the pipeline language, from the grammar that the compiler reads by. `npm run check` compares it with the file.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Shape, shapeNames, shapeOf } from '../src/language/1-read/schema.ts';

const page = resolve(import.meta.dirname, '../docs/reference/language.gen.md');

/** Whether the page in the repository is what the grammar says. */
export function isLanguageReferenceCurrent(): boolean {
  try {
    return readFileSync(page, 'utf8') === languageReference();
  } catch {
    return false;
  }
}

function languageReference(): string {
  const shapes = shapeNames.map(shapeOf).filter(isSubject);
  return [
    '<!-- Made by tools/generate-language-reference.ts from src/language/schema.json. -->',
    '# The pipeline language',
    '',
    'What may stand in a pipeline or template file. A value is text unless something else is said; where `${{ }}` may not stand, the table says so.',
    'A key in bold must come first: it tells what the item is. What Millrace runs of it is in [what works](../compatibility.md).',
    ...shapes.flatMap(section),
    '',
  ].join('\n');
}

function isSubject(shape: Shape): boolean {
  return shape.mappings.length > 0 && shape.oneOf.length === 0 && shape.mappings[0]!.properties.size > 0;
}

function section(shape: Shape): string[] {
  const mapping = shape.mappings[0]!;
  const included = mapping.include ? shapeOf(mapping.include).mappings[0]!.properties : new Map<string, string>();
  const own = [...mapping.properties].filter(([key]) => !included.has(key));
  const rows = own.map(([key, name]) => {
    const named = key === mapping.first ? `**\`${key}\`**` : `\`${key}\``;
    const literal = shapeOf(name).expressions ? '' : ' No `${{ }}`.';
    return `| ${named} | ${wordsFor(name)} | ${mapping.words.get(key) ?? ''}${literal} |`;
  });
  const others = mapping.other ? [`| any other | ${wordsFor(mapping.other)} | |`] : [];
  const about = shape.about === '' ? [] : [shape.about, ''];
  const more = mapping.include ? ['', `Also the keys of ${linkTo(mapping.include)}.`] : [];
  return [
    '',
    `## ${titleOf(shape.name)}`,
    '',
    ...about,
    '| key | value | meaning |',
    '|---|---|---|',
    ...rows,
    ...others,
    ...more,
  ];
}

/** `runOnceStrategy` as `Run once strategy`. */
function titleOf(name: string): string {
  const words = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function linkTo(name: string): string {
  const title = titleOf(name).toLowerCase();
  return `[${title}](#${title.replaceAll(' ', '-')})`;
}

/** What may be given, with links to what has a section of its own. */
function wordsFor(name: string): string {
  const shape = shapeOf(name);
  if (shape.any) return 'anything';
  if (shape.oneOf.length > 0) return shape.oneOf.map(wordsFor).join(', or ');
  if (shape.scalar?.values) return shape.scalar.values.map((value) => `\`${value}\``).join(', ');
  if (shape.scalar) return shape.scalar.kind === 'boolean' ? 'true or false' : 'text';
  if (shape.sequence) return `list of ${wordsFor(shape.sequence)}`;
  return isSubject(shape) ? linkTo(name) : `mapping of names to ${wordsFor(shape.mappings[0]!.other!)}`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(page, languageReference());
