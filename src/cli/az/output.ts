import { usageError } from './errors.ts';

export type OutputFormat = 'json' | 'jsonc' | 'none' | 'table' | 'tsv' | 'yaml' | 'yamlc';

/** A result about to be printed: the value, and what a query changed about it. */
export type Printable = {
  readonly value: unknown;
  readonly queried: boolean;
  /** Objects that the query made: their keys keep the query's order. */
  readonly made: (value: object) => boolean;
  readonly table?: (result: unknown) => unknown;
};

/** Applies `--query`. @throws usage errors for an expression that does not parse */
export async function applyQuery(result: unknown, query: string | undefined): Promise<Omit<Printable, 'table'>> {
  if (query === undefined) return { value: result, queried: false, made: () => false };
  const { default: jmespath } = await import('jmespath');
  const originals = new Set<object>();
  collect(result, originals);
  try {
    const value: unknown = jmespath.search(result, query);
    return { value, queried: true, made: (object) => !originals.has(object) };
  } catch (cause) {
    throw usageError(`argument --query: invalid jmespath_type value: '${query}'`, [
      `The expression does not parse or fit: ${(cause as Error).message}`,
      "To learn more about --query, please visit: 'https://learn.microsoft.com/cli/azure/query-azure-cli'",
    ]);
  }
}

function collect(value: unknown, into: Set<object>): void {
  if (typeof value !== 'object' || value === null || into.has(value)) return;
  into.add(value);
  for (const member of Array.isArray(value) ? value : Object.values(value)) collect(member, into);
}

/**
 * Formats a result as az does (client source): JSON with sorted keys, tsv by its own rules, a plain table, YAML.
 * @returns the text with its final line break; empty when there is nothing to print
 */
export async function formatResult(result: Printable, format: OutputFormat): Promise<string> {
  if (result.value === undefined || result.value === null || format === 'none') return '';
  switch (format) {
    case 'json':
    case 'jsonc':
      return `${JSON.stringify(sorted(result.value), null, 2)}\n`;
    case 'yaml':
    case 'yamlc': {
      const { stringify } = await import('yaml');
      return stringify(sorted(result.value), { indentSeq: false, singleQuote: true, aliasDuplicateObjects: false });
    }
    case 'tsv':
      return (Array.isArray(result.value) ? result.value : [result.value]).map((row) => tsvRow(row, result)).join('');
    case 'table':
      return tableText(result);
    default:
      return format satisfies never;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted((value as Record<string, unknown>)[key])]));
}

/** A scalar as Python prints it: what scripts that read az's tsv expect. */
function scalar(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}

function tsvRow(row: unknown, result: Printable): string {
  if (typeof row !== 'object' || row === null) {
    return `${typeof row === 'boolean' ? String(row) : scalar(row)}\n`;
  }
  const record = row as Record<string, unknown>;
  const keys = result.made(row) ? Object.keys(record) : Object.keys(record).sort();
  const cells = Array.isArray(row) ? row : keys.map((key) => record[key]);
  return `${cells.map(tsvCell).join('\t')}\n`;
}

function tsvCell(value: unknown): string {
  if (Array.isArray(value)) return String(value.length);
  return typeof value === 'object' && value !== null ? '' : scalar(value);
}

/** Left out of automatic tables. */
const UNTABLED = new Set(['id', 'type', 'etag']);

function tableText(result: Printable): string {
  const shaped = result.table && !result.queried ? result.table(result.value) : result.value;
  const keepOrder = result.queried || result.table !== undefined;
  const rows = (Array.isArray(shaped) ? shaped : [shaped]).map((row) => tableRow(row, keepOrder));
  if (rows.length === 0) return '\n';
  const columns = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  if (columns.length === 0)
    throw usageError('Table output unavailable. Use the --query option to specify an appropriate query.');
  // The table library that az uses keeps every column two wider than its header.
  const widths = columns.map((column) =>
    Math.max(width(column) + 2, ...rows.map((row) => width(row.get(column) ?? ''))),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => cell + ' '.repeat(Math.max(0, (widths[at] ?? 0) - width(cell))))
      .join('  ')
      .trimEnd();
  return [
    line(columns),
    widths.map((size) => '-'.repeat(size)).join('  '),
    ...rows.map((row) => line(columns.map((column) => row.get(column) ?? ''))),
    '',
  ].join('\n');
}

function width(text: string): number {
  return [...text].length;
}

function tableRow(row: unknown, keepOrder: boolean): Map<string, string> {
  const cells = new Map<string, string>();
  if (Array.isArray(row)) {
    for (const [at, value] of row.entries()) cells.set(`Column${at + 1}`, value === null ? '' : scalar(value));
  } else if (typeof row === 'object' && row !== null) {
    const record = row as Record<string, unknown>;
    for (const key of keepOrder ? Object.keys(record) : Object.keys(record).sort()) {
      const value = record[key];
      if (UNTABLED.has(key) || value === null || value === undefined || typeof value === 'object') continue;
      cells.set(key.charAt(0).toUpperCase() + key.slice(1), scalar(value));
    }
  } else cells.set('Result', scalar(row));
  return cells;
}
