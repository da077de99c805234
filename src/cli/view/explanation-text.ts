import { visibleText } from '../../kernel/visible-text.ts';
import type { Explanation, ExpressionPart, Link, Macro, Position, Property } from '../../language/index.ts';
import type { Style } from './style.ts';
import { textWidth } from './text-width.ts';

/** Names places as a person in the working directory does. */
type Places = { name(place: Position | { readonly file: string }): string };

/** A row: what stands on the left, in the column of its table; what it comes to; what there is to say of it. */
type Row = { readonly left: string; readonly right?: string; readonly aside?: string };

/** Arrows of a table stand in one column unless that would push them further right than this. */
const widest = 64;
const longestText = 160;

/**
 * An explanation as a person reads it, lines without colours where the style has none.
 * @param line the text of the line in which the part is written, where it can be had
 * @param nameFile how a person names a file
 */
export function explanationText(
  explanation: Explanation,
  line: string | undefined,
  style: Style,
  nameFile: (file: string) => string,
): string {
  const places: Places = {
    name(place) {
      const file = place.file === '' ? '' : nameFile(place.file);
      return 'line' in place ? `${file}:${place.line}:${place.column}` : file;
    },
  };
  const { kind, path, displayName, place, note, outcome, origin, properties, plain } = explanation;
  const title = [style.bold(`${kind} ${path}`), displayName === path.split('/').at(-1) ? '' : visible(displayName)];
  const lines = [title.filter((text) => text !== '').join('  ') + (outcome ? `  ${verdict(outcome, style)}` : '')];
  if (place) lines.push(...quoted(place, line, style, places));
  if (note) lines.push(`  ${note}`);
  // That a part stands in the pipeline's own file was said with its place.
  if (origin.length > 1) {
    lines.push('', style.bold('what brought it in'));
    const width = Math.max(...origin.map((link) => placeOfLink(link, places).length));
    for (const link of origin) lines.push(...linkLines(link, width, style, places));
  }
  const explained = new Set<string>();
  for (const property of properties) {
    // What a key means is said once, not for each input.
    const [key = ''] = property.name.split(/[.[]/);
    const { about, ...rest } = property;
    lines.push('', ...propertyLines(explained.has(key) ? rest : property, style, places));
    explained.add(key);
  }
  if (plain > 0)
    lines.push(
      '',
      style.dim(plain === 1 ? '1 other property stands as written' : `${plain} other properties stand as written`),
    );
  return `${lines.join('\n')}\n`;
}

function verdict(outcome: string, style: Style): string {
  if (outcome === 'Succeeded') return style.green(outcome);
  return outcome === 'Failed' || outcome === 'Abandoned' ? style.red(outcome) : style.yellow(outcome);
}

/** The place, and its line with a caret. */
function quoted(place: Position, line: string | undefined, style: Style, places: Places): string[] {
  const head = `  ${style.dim(places.name(place))}`;
  if (line === undefined || place.column > longestText) return [head];
  const number = String(place.line);
  const indent = line.slice(0, place.column - 1).replace(/[^\t]/g, ' ');
  return [
    head,
    `  ${style.dim(`${number} |`)} ${visible(line)}`,
    `  ${style.dim(`${' '.repeat(number.length)} |`)} ${indent}^`,
  ];
}

function placeOfLink(link: Link, places: Places): string {
  return places.name(link.place ?? { file: link.kind === 'pipeline' ? link.file : '' });
}

function linkLines(link: Link, width: number, style: Style, places: Places): string[] {
  const rows = (all: readonly Row[]) => table(all, ' '.repeat(width + 6), style);
  const head = (text: string) => `  ${style.dim(placeOfLink(link, places).padEnd(width))}  ${text}`;
  switch (link.kind) {
    case 'pipeline':
    case 'template':
    case 'extends': {
      const text = link.kind === 'pipeline' ? 'the pipeline' : `${link.kind} ${visible(link.reference ?? link.file)}`;
      // A default shows where an expression reads it; all of them would bury what was given.
      const given = link.parameters
        .filter(({ by }) => by !== 'default')
        .map(({ name, value, by }): Row => {
          const aside = by === 'queue' ? 'given with the run' : '';
          return { left: visible(name), right: `= ${visible(value)}`, aside };
        });
      const left = link.parameters.length - given.length;
      const others =
        left > 0 ? style.dim(left === 1 ? '  1 parameter by default' : `  ${left} parameters by default`) : '';
      return [head(text + others), ...rows(given)];
    }
    case 'expression':
      return [head(firstLine(link.text)), ...rows(link.evaluated.flatMap((part) => treeRows(part, 0, places)))];
    default: {
      const { kind, text, evaluated, refused, turn } = link;
      const before = refused.flatMap(({ evaluated: one }) => (one ? treeRows(one, 0, places) : []));
      const own = evaluated ? treeRows(evaluated, 0, places) : [];
      const made: Row[] = turn
        ? [{ left: turn.variable, right: `= ${visible(turn.value)}`, aside: `turn ${turn.number}` }]
        : [];
      const said = kind === 'else' && before.length > 0 ? [{ left: 'since none of these held:' }] : [];
      return [head(visible(text)), ...rows([...said, ...before, ...own, ...made])];
    }
  }
}

function propertyLines(property: Property, style: Style, places: Places): string[] {
  const { name, about, value, isDefault, place, origin, template, runtime, macros } = property;
  const aside = isDefault ? 'not written' : place ? places.name(place) : '';
  const lines = [`${style.bold(name)}  ${firstLine(value)}${aside ? `  ${style.dim(`(${aside})`)}` : ''}`];
  if (about) lines.push(style.dim(`  ${about}`));
  for (const link of origin) {
    const width = placeOfLink(link, places).length;
    lines.push(...linkLines(link, width, style, places));
  }
  if (template) {
    for (const line of expressionLines(template.text)) lines.push(`  ${style.dim('|')} ${visible(line)}`);
    lines.push(
      ...table(
        template.evaluated.flatMap((part) => treeRows(part, 0, places)),
        '    ',
        style,
      ),
    );
  }
  const later = [
    ...(runtime ? treeRows(runtime, 0, places) : []),
    ...macros.flatMap((macro) => macroRows(macro, places)),
  ];
  lines.push(...table(later, '    ', style));
  return lines;
}

function macroRows({ name, value, note, place, evaluated }: Macro, places: Places): Row[] {
  const aside = [note ?? '', place ? places.name(place) : ''].filter(Boolean).join(', ');
  const row: Row = {
    left: `$(${visible(name)})`,
    right: `→ ${value === undefined ? '?' : `'${visible(value)}'`}`,
    aside,
  };
  return [row, ...(evaluated ? treeRows(evaluated, 1, places) : [])];
}

function treeRows(part: ExpressionPart, depth: number, places: Places): Row[] {
  const { text, state, value, note, place, parts } = part;
  const result: Readonly<Record<ExpressionPart['state'], string>> = {
    value: visible(value ?? ''),
    skipped: 'not evaluated',
    later: '?',
    fault: 'fails',
  };
  const aside = [note ? visibleText(note, 400) : '', place ? places.name(place) : ''].filter(Boolean).join(', ');
  const row: Row = { left: `${'  '.repeat(depth)}${visible(text)}`, right: `→ ${result[state]}`, aside };
  return [row, ...parts.flatMap((one) => treeRows(one, depth + 1, places))];
}

/** Rows with what they come to in one column. */
function table(rows: readonly Row[], indent: string, style: Style): string[] {
  const width = Math.max(
    0,
    ...rows.filter((row) => row.right && textWidth(row.left) <= widest).map((row) => textWidth(row.left)),
  );
  return rows.map(({ left, right, aside }) => {
    const columns = right ? `${left}${' '.repeat(Math.max(0, width - textWidth(left)))} ${right}` : left;
    return `${indent}${columns}${aside ? `  ${style.dim(`(${aside})`)}` : ''}`;
  });
}

function visible(text: string): string {
  return visibleText(text.replace(/\s*\n\s*/g, ' '), longestText);
}

/** A text in one line. */
function firstLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const first = visible(lines[0] ?? "''");
  return lines.length > 1 ? `${first} … (${lines.length} lines)` : first;
}

/** The lines of a text that hold an expression. */
function expressionLines(text: string): string[] {
  const lines = text.split('\n');
  return lines.length === 1 ? lines : lines.filter((line) => line.includes('${{')).map((line) => line.trim());
}
