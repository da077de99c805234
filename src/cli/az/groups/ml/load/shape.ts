import { checkKeys, checkRequired, type Problems, type UnknownKeys } from './fields.ts';
import { isMap, pythonText, type YamlMap, YamlNumber, type YamlValue } from './yaml-value.ts';

/** What a value of a YAML file may be. Built by the functions below, so that a schema reads as a list of its keys. */
export type Field =
  | { readonly kind: 'text' | 'flag' | 'whole' | 'number' | 'any' }
  | { readonly kind: 'word'; readonly words: readonly string[] }
  | { readonly kind: 'texts' }
  | { readonly kind: 'list'; readonly of: Field }
  | { readonly kind: 'map'; readonly of: Field }
  | { readonly kind: 'shape'; readonly shape: Shape; readonly unknown?: UnknownKeys }
  | { readonly kind: 'union'; readonly of: readonly Field[] };

/** A mapping's keys. A key that ends in `!` must be there. */
export type Shape = Readonly<Record<string, Field>>;

export const text: Field = { kind: 'text' };
export const flag: Field = { kind: 'flag' };
export const whole: Field = { kind: 'whole' };
export const number: Field = { kind: 'number' };
/** Passed on as it is, or judged elsewhere. */
export const any: Field = { kind: 'any' };
/** A mapping of names to text: tags, properties, variables. */
export const texts: Field = { kind: 'texts' };
export const word = (...words: readonly string[]): Field => ({ kind: 'word', words });
export const listOf = (of: Field): Field => ({ kind: 'list', of });
export const mapOf = (of: Field): Field => ({ kind: 'map', of });
export const shaped = (shape: Shape): Field => ({ kind: 'shape', shape });
/** A mapping whose unknown keys the clients let pass. */
export const openShaped = (shape: Shape): Field => ({ kind: 'shape', shape, unknown: 'remarked' });
/** One of several; a mapping or list among them is judged as such, so that its own faults are told. */
export const oneOf = (...of: readonly Field[]): Field => ({ kind: 'union', of });

/** The names of a shape's keys. */
export const keysOf = (shape: Shape): string[] => Object.keys(shape).map((key) => key.replace(/!$/, ''));

/**
 * Checks a mapping against a shape: unknown keys, missing ones, values that are of another kind. Everything found is gathered, with
 * the key, its place and what was expected. Null counts as absent, as the clients have it for what is not required.
 * @param path the dotted path of the mapping; empty at the top
 * @param unknown what becomes of this mapping's own unknown keys; those below are refused, but for an open shape's
 */
export function checkShape(
  map: YamlMap,
  shape: Shape,
  path: string,
  problems: Problems,
  unknown: UnknownKeys = 'refused',
): void {
  checkKeys(map, keysOf(shape), path, problems, unknown);
  const required = Object.keys(shape).filter((key) => key.endsWith('!'));
  checkRequired(
    map,
    required.map((key) => key.slice(0, -1)),
    path,
    problems,
  );
  for (const [key, field] of Object.entries(shape)) {
    const name = key.replace(/!$/, '');
    const value = Object.hasOwn(map, name) ? map[name] : undefined;
    if (value === undefined || value === null) continue;
    checkValue(value, field, path ? `${path}.${name}` : name, { map, key: name }, problems);
  }
}

type Where = { readonly map: object; readonly key: string };

function checkValue(value: YamlValue, field: Field, path: string, where: Where, problems: Problems): void {
  switch (field.kind) {
    case 'any':
      return;
    case 'shape':
      if (isMap(value)) checkShape(value, field.shape, path, problems, field.unknown);
      else wrong();
      return;
    case 'list':
      if (!Array.isArray(value)) wrong();
      else for (const [at, item] of value.entries()) checkValue(item, field.of, `${path}[${at}]`, where, problems);
      return;
    case 'map':
      if (!isMap(value)) wrong();
      else
        for (const [key, member] of Object.entries(value))
          if (member !== null) checkValue(member, field.of, `${path}.${key}`, { map: value, key }, problems);
      return;
    case 'texts':
      if (!isMap(value)) wrong();
      else
        for (const [key, member] of Object.entries(value))
          if (member !== null && typeof member === 'object' && !(member instanceof YamlNumber))
            problems.add(`${path}.${key}`, 'Not a valid string: found a mapping or a list.', { map: value, key });
      return;
    case 'union': {
      const fits = field.of.some((one) => fitsKind(value, one));
      const inner = field.of.find((one) => fitsKind(value, one) && (one.kind === 'shape' || one.kind === 'list'));
      if (!fits) wrong();
      else if (inner) checkValue(value, inner, path, where, problems);
      return;
    }
    default:
      if (!fitsKind(value, field)) wrong();
      return;
  }
  function wrong(): void {
    problems.add(path, `${messageOf(field)} Found ${shown(value)}.`, where, value);
  }
}

/** Whether a value is of a field's kind, looked at from outside. A binding stands for any scalar. */
function fitsKind(value: YamlValue, field: Field): boolean {
  const scalar = value !== null && (typeof value !== 'object' || value instanceof YamlNumber);
  const bound = typeof value === 'string' && /\$\{\{.*\}\}/.test(value);
  switch (field.kind) {
    case 'any':
      return true;
    case 'text':
      return scalar;
    case 'flag':
      return (
        bound || typeof value === 'boolean' || /^(true|false|yes|no|on|off|0|1)$/i.test(scalar ? pythonText(value) : '')
      );
    case 'whole':
      return bound || (scalar && typeof value !== 'boolean' && /^[-+]?\d+(\.0*)?$/.test(pythonText(value).trim()));
    case 'number':
      return (
        bound || (scalar && typeof value !== 'boolean' && Number.isFinite(Number(pythonText(value))) && value !== '')
      );
    case 'word':
      return scalar && (bound || field.words.some((one) => sameWord(one, pythonText(value))));
    case 'texts':
    case 'map':
    case 'shape':
      return isMap(value);
    case 'list':
      return Array.isArray(value);
    case 'union':
      return field.of.some((one) => fitsKind(value, one));
    default:
      return field satisfies never;
  }
}

/** Whether two spellings are one word to the clients: `SystemAssigned` and `system_assigned`, in any case. */
export function sameWord(a: string, b: string): boolean {
  const plain = (one: string) => one.replace(/[_\s-]/g, '').toLowerCase();
  return plain(a) === plain(b);
}

function messageOf(field: Field): string {
  switch (field.kind) {
    case 'text':
      return 'Not a valid string.';
    case 'flag':
      return 'Not a valid boolean: expected true or false.';
    case 'whole':
      return 'Not a valid integer: expected a whole number.';
    case 'number':
      return 'Not a valid number.';
    case 'word':
      return `Value passed is not in set: expected one of ${field.words.join(', ')}.`;
    case 'texts':
    case 'map':
    case 'shape':
      return 'Not a valid mapping: expected names with values.';
    case 'list':
      return 'Not a valid list.';
    case 'union':
      return field.of.map(messageOf).join(' Or: ');
    case 'any':
      return '';
    default:
      return field satisfies never;
  }
}

function shown(value: YamlValue): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isMap(value)) return 'a mapping';
  const text = pythonText(value);
  return `'${text.length > 60 ? `${text.slice(0, 60)}…` : text}'`;
}
