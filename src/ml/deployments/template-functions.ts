import { createHash } from 'node:crypto';
import { invalid } from '../../kernel/errors.ts';
import { isObject } from '../wire-fields.ts';

/** A function of templates whose arguments are evaluated before it is called. Its errors say what was wrong with them. */
export type TemplateFunction = (args: readonly unknown[]) => unknown;

function fault(name: string, expected: string): never {
  throw invalid(`The template function '${name}' expects ${expected}.`, { wire: 'InvalidTemplate' });
}

const text = (name: string, value: unknown): string =>
  typeof value === 'string' ? value : fault(name, `a text, not ${JSON.stringify(value)?.slice(0, 80)}`);
const whole = (name: string, value: unknown): number =>
  typeof value === 'number' && Number.isInteger(value)
    ? value
    : fault(name, `a whole number, not ${JSON.stringify(value)?.slice(0, 80)}`);
const flag = (name: string, value: unknown): boolean =>
  typeof value === 'boolean' ? value : fault(name, `true or false, not ${JSON.stringify(value)?.slice(0, 80)}`);
const list = (name: string, value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : fault(name, `a list, not ${JSON.stringify(value)?.slice(0, 80)}`);

/** Texts compare without regard to case only in names; `equals` is exact (documented). */
const same = (left: unknown, right: unknown): boolean => stable(left) === stable(right);

function stable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stable).join(',')}]`;
  if (isObject(value))
    return `{${Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${stable(value[key])}`)
      .join(',')}}`;
  return JSON.stringify(value) ?? 'null';
}

/** What any value is as a text. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

/** `Microsoft.A/b/c` and names in turn: `/providers/Microsoft.A/b/{name}/c/{name}`. */
export function resourcePath(type: string, names: readonly string[]): string {
  const [provider, ...types] = type.split('/');
  if (types.length !== names.length)
    fault(
      'resourceId',
      `one name for each part of '${type}', so ${types.length}; it has ${names.length}: ${names.join(', ').slice(0, 200)}`,
    );
  return `/providers/${provider}${types.map((part, index) => `/${part}/${names[index]}`).join('')}`;
}

/** 13 small letters and digits that are the same for the same texts. */
function uniqueString(texts: readonly string[]): string {
  const digest = createHash('sha256').update(texts.join('-')).digest();
  return [...digest.subarray(0, 13)].map((byte) => 'abcdefghijklmnopqrstuvwxyz234567'[byte % 32]).join('');
}

/** The namespace of `guid()` (documented): its GUIDs are those of version 5. */
const GUID_NAMESPACE = Buffer.from('11fb06fb712d4ddd98c7e71bbd588830', 'hex');

function guid(texts: readonly string[]): string {
  const digest = createHash('sha1').update(GUID_NAMESPACE).update(texts.join('-')).digest().subarray(0, 16);
  digest[6] = ((digest[6] as number) & 0x0f) | 0x50;
  digest[8] = ((digest[8] as number) & 0x3f) | 0x80;
  const hex = digest.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function cut(name: string, value: unknown, from: number, to?: number): unknown {
  return Array.isArray(value) ? value.slice(from, to) : text(name, value).slice(from, to);
}

/** Functions that need nothing but their arguments, by their names in lower case. */
export const TEMPLATE_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  add: ([a, b]) => whole('add', a) + whole('add', b),
  array: ([value]) => (Array.isArray(value) ? value : [value]),
  base64: ([value]) => Buffer.from(text('base64', value)).toString('base64'),
  base64tostring: ([value]) => Buffer.from(text('base64ToString', value), 'base64').toString(),
  bool: ([value]) => (typeof value === 'string' ? /^(true|1)$/i.test(value) : value === 1 || value === true),
  coalesce: (args) => args.find((arg) => arg !== null && arg !== undefined) ?? null,
  concat: (args) => (args.some(Array.isArray) ? args.flatMap((arg) => list('concat', arg)) : args.map(textOf).join('')),
  contains: ([container, value]) => {
    if (Array.isArray(container)) return container.some((one) => same(one, value));
    if (isObject(container))
      return Object.keys(container).some((key) => key.toLowerCase() === textOf(value).toLowerCase());
    return text('contains', container).includes(textOf(value));
  },
  createarray: (args) => [...args],
  createobject: (args) =>
    Object.fromEntries(
      Array.from({ length: args.length / 2 }, (_, index) => [textOf(args[index * 2]), args[index * 2 + 1]]),
    ),
  div: ([a, b]) =>
    whole('div', b) === 0 ? fault('div', 'a divisor other than 0') : Math.trunc(whole('div', a) / whole('div', b)),
  empty: ([value]) => isEmpty(value),
  endswith: ([value, end]) => text('endsWith', value).toLowerCase().endsWith(text('endsWith', end).toLowerCase()),
  equals: ([a, b]) => same(a, b),
  false: () => false,
  first: ([value]) => (Array.isArray(value) ? (value[0] ?? null) : text('first', value).slice(0, 1)),
  format: ([pattern, ...args]) =>
    text('format', pattern).replaceAll(/\{\{|\}\}|\{(\d+)\}/g, (found, index: string | undefined) =>
      index === undefined ? found.charAt(0) : textOf(args[Number(index)]),
    ),
  greater: ([a, b]) => (a as never) > (b as never),
  greaterorequals: ([a, b]) => (a as never) >= (b as never),
  guid: (args) => guid(args.map((arg) => text('guid', arg))),
  indexof: ([value, part]) =>
    Array.isArray(value)
      ? value.findIndex((one) => same(one, part))
      : text('indexOf', value).toLowerCase().indexOf(text('indexOf', part).toLowerCase()),
  int: ([value]) => whole('int', typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value),
  intersection: ([first, ...others]) =>
    list('intersection', first).filter((one) =>
      others.every((other) => list('intersection', other).some((item) => same(item, one))),
    ),
  join: ([value, separator]) => list('join', value).map(textOf).join(text('join', separator)),
  json: ([value]) => {
    try {
      return JSON.parse(text('json', value)) as unknown;
    } catch {
      return fault('json', `a text in JSON, not '${textOf(value).slice(0, 80)}'`);
    }
  },
  last: ([value]) => (Array.isArray(value) ? (value.at(-1) ?? null) : text('last', value).slice(-1)),
  lastindexof: ([value, part]) => text('lastIndexOf', value).lastIndexOf(text('lastIndexOf', part)),
  length: ([value]) => (isObject(value) ? Object.keys(value).length : (value as { length: number }).length),
  less: ([a, b]) => (a as never) < (b as never),
  lessorequals: ([a, b]) => (a as never) <= (b as never),
  max: (args) => Math.max(...args.flat().map((arg) => whole('max', arg))),
  min: (args) => Math.min(...args.flat().map((arg) => whole('min', arg))),
  mod: ([a, b]) => (whole('mod', b) === 0 ? fault('mod', 'a divisor other than 0') : whole('mod', a) % whole('mod', b)),
  mul: ([a, b]) => whole('mul', a) * whole('mul', b),
  not: ([value]) => !flag('not', value),
  null: () => null,
  padleft: ([value, length, character]) =>
    textOf(value).padStart(Math.min(whole('padLeft', length), 1000), textOf(character ?? ' ')),
  range: ([start, count]) =>
    Array.from(
      { length: Math.min(Math.max(whole('range', count), 0), 10_000) },
      (_, index) => whole('range', start) + index,
    ),
  replace: ([value, old, fresh]) => text('replace', value).replaceAll(text('replace', old), text('replace', fresh)),
  skip: ([value, count]) => cut('skip', value, Math.max(whole('skip', count), 0)),
  split: ([value, separators]) => {
    const by = (Array.isArray(separators) ? separators : [separators]).map((one) => text('split', one));
    return by.reduce<string[]>((parts, one) => parts.flatMap((part) => part.split(one)), [text('split', value)]);
  },
  startswith: ([value, start]) =>
    text('startsWith', value).toLowerCase().startsWith(text('startsWith', start).toLowerCase()),
  string: ([value]) => textOf(value),
  sub: ([a, b]) => whole('sub', a) - whole('sub', b),
  substring: ([value, start, length]) => {
    const from = whole('substring', start);
    return text('substring', value).slice(from, length === undefined ? undefined : from + whole('substring', length));
  },
  take: ([value, count]) => cut('take', value, 0, Math.max(whole('take', count), 0)),
  tolower: ([value]) => text('toLower', value).toLowerCase(),
  toupper: ([value]) => text('toUpper', value).toUpperCase(),
  trim: ([value]) => text('trim', value).trim(),
  true: () => true,
  union: (args) =>
    args.every(Array.isArray)
      ? args.flat().filter((one, index, all) => all.findIndex((other) => same(other, one)) === index)
      : Object.assign({}, ...args.map((one) => (isObject(one) ? one : fault('union', 'objects or lists')))),
  uniquestring: (args) => uniqueString(args.map((arg) => text('uniqueString', arg))),
  uri: ([base, relative]) => {
    try {
      return new URL(text('uri', relative), text('uri', base)).href;
    } catch {
      return fault('uri', `an address, not '${textOf(base).slice(0, 80)}'`);
    }
  },
  uricomponent: ([value]) => encodeURIComponent(text('uriComponent', value)),
};
