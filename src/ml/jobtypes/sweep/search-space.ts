import { invalid } from '../../../kernel/errors.ts';
import { fieldOf, isObject, type Json } from '../../wire-fields.ts';

/** How a value of a parameter is drawn. Numbers are in the parameter's own scale; those of the log forms are exponents. */
export type Distribution =
  | { readonly kind: 'choice'; readonly values: readonly ChoiceValue[] }
  | { readonly kind: 'randint'; readonly upper: number }
  | { readonly kind: 'uniform' | 'loguniform'; readonly min: number; readonly max: number }
  | { readonly kind: 'quniform' | 'qloguniform'; readonly min: number; readonly max: number; readonly q: number }
  | { readonly kind: 'normal' | 'lognormal'; readonly mu: number; readonly sigma: number }
  | { readonly kind: 'qnormal' | 'qlognormal'; readonly mu: number; readonly sigma: number; readonly q: number };

/** A value of a choice: plain JSON, or an object some of whose fields are drawn in their turn (a nested space). */
export type ChoiceValue =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'nested'; readonly fields: Readonly<Record<string, Distribution | { readonly fixed: unknown }>> };

export type SearchSpace = Readonly<Record<string, Distribution>>;

const PARAMETER_LIMIT = 1000;
const SHAPES = {
  choice: ['values'],
  randint: ['upper'],
  uniform: ['minValue', 'maxValue'],
  loguniform: ['minValue', 'maxValue'],
  quniform: ['minValue', 'maxValue', 'q'],
  qloguniform: ['minValue', 'maxValue', 'q'],
  normal: ['mu', 'sigma'],
  lognormal: ['mu', 'sigma'],
  qnormal: ['mu', 'sigma', 'q'],
  qlognormal: ['mu', 'sigma', 'q'],
} as const;
type Kind = keyof typeof SHAPES;

const bad = (where: string, message: string) =>
  invalid(`The search space's '${where}' ${message}`, { target: `search_space.${where}`, wire: 'UserError' });

/**
 * Reads a search space: `[type, [arguments]]` a parameter in jobs, `{type, values | upper | min_value …}` in nodes of pipelines (recorded).
 * @throws invalid for a space without parameters, an unknown distribution, a missing or impossible argument
 */
export function readSearchSpace(raw: Json): SearchSpace {
  const names = Object.keys(raw);
  if (names.length === 0)
    throw invalid('A sweep job needs a search space with at least one parameter.', {
      target: 'search_space',
      wire: 'UserError',
    });
  if (names.length > PARAMETER_LIMIT)
    throw invalid(`A search space has at most ${PARAMETER_LIMIT} parameters.`, { target: 'search_space' });
  return Object.fromEntries(names.map((name) => [name, readDistribution(name, raw[name])]));
}

function readDistribution(where: string, raw: unknown): Distribution {
  const given = partsOf(raw);
  if (!given) throw bad(where, 'is neither [type, [arguments]] nor an object with a type.');
  const kind = given.type.replaceAll('_', '').toLowerCase() as Kind;
  const shape = SHAPES[kind];
  if (!shape) throw bad(where, `has the type '${given.type}'. Known: ${Object.keys(SHAPES).join(', ')}.`);
  if (kind === 'choice') {
    const values = given.argument('values', 0);
    if (!Array.isArray(values) || values.length === 0) throw bad(where, 'is a choice and needs a list of values.');
    return { kind, values: values.map((value) => readChoice(where, value)) };
  }
  const numbers = shape.map((name, index) => {
    const value = given.argument(name, index);
    const number = typeof value === 'number' ? value : typeof value === 'string' ? Number(value) : Number.NaN;
    if (!Number.isFinite(number)) throw bad(where, `is a ${kind} and needs the number '${snake(name)}'.`);
    return number;
  });
  const [first, second, third] = numbers as [number, number, number];
  if (kind === 'randint') {
    if (!Number.isInteger(first) || first < 1) throw bad(where, 'is a randint and needs a whole upper of at least 1.');
    return { kind, upper: first };
  }
  if ((kind[0] === 'q' && third <= 0) || ((kind.endsWith('normal') || kind === 'normal') && second < 0))
    throw bad(where, 'needs a q above 0 and a sigma of at least 0.');
  if (kind === 'uniform' || kind === 'loguniform' || kind === 'quniform' || kind === 'qloguniform') {
    if (first > second) throw bad(where, `has a min_value (${first}) above its max_value (${second}).`);
    return kind === 'uniform' || kind === 'loguniform'
      ? { kind, min: first, max: second }
      : { kind, min: first, max: second, q: third };
  }
  return kind === 'normal' || kind === 'lognormal'
    ? { kind, mu: first, sigma: second }
    : { kind, mu: first, sigma: second, q: third };
}

const snake = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

type Parts = { readonly type: string; argument(name: string, index: number): unknown };

function partsOf(raw: unknown): Parts | undefined {
  if (Array.isArray(raw)) {
    const [type, args] = raw;
    if (typeof type !== 'string' || !Array.isArray(args)) return undefined;
    return { type, argument: (_name, index) => args[index] };
  }
  const type = fieldOf(raw, 'type');
  return typeof type === 'string' ? { type, argument: (name) => fieldOf(raw, name) } : undefined;
}

const isKind = (raw: unknown) => {
  const type = partsOf(raw)?.type;
  return type !== undefined && type.replaceAll('_', '').toLowerCase() in SHAPES;
};

function readChoice(where: string, value: unknown): ChoiceValue {
  if (!isObject(value) || !Object.values(value).some(isKind)) return { kind: 'value', value };
  return {
    kind: 'nested',
    fields: Object.fromEntries(
      Object.entries(value).map(([name, raw]) => [
        name,
        isKind(raw) ? readDistribution(`${where}.${name}`, raw) : { fixed: raw },
      ]),
    ),
  };
}

/** The text of a value in a command, as Python would write it: `True`, `0.1`, `adam`; lists and objects are JSON. */
export function textOfParameter(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === null) return 'None';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The values of one trial by name; JSON. */
export type Parameters = Readonly<Record<string, unknown>>;

/** The fields of a nested choice count as parameters of their own too, where no other has the name. */
export function namedParameters(parameters: Parameters): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const value of Object.values(parameters))
    if (isObject(value)) for (const [name, field] of Object.entries(value)) texts[name] = textOfParameter(field);
  for (const [name, value] of Object.entries(parameters)) texts[name] = textOfParameter(value);
  return texts;
}
