import type { Problems } from '../diagnostics.ts';
import grammar from '../schema.json' with { type: 'json' };
import { expectedInstead } from './expected.ts';
import type { Scalar } from './node.ts';

/** What may stand at a place, compiled from the grammar: a scalar, a sequence, one of several mappings, or anything. */
export type Shape = {
  readonly name: string;
  /** What it is for, in a sentence or two; empty where the name says it all. */
  readonly about: string;
  /** Names of the shapes of which this is one; empty when it is a shape by itself. */
  readonly oneOf: readonly string[];
  readonly any: boolean;
  readonly scalar?: { readonly kind: 'string' | 'boolean'; readonly values?: readonly string[] };
  /** Name of the items' shape. */
  readonly sequence?: string;
  readonly mappings: readonly MappingShape[];
  /** Whether `${{ }}` may stand here. */
  readonly expressions: boolean;
  /** Whether `if`, `each` and the like may stand here. */
  readonly directives: boolean;
};

export type MappingShape = {
  /** Name of the shape whose keys this one has too. */
  readonly include?: string;
  /** The key that must come first and tells this mapping from others. */
  readonly first?: string;
  /** The key that tells this mapping from others, at any place. */
  readonly key?: string;
  /** Names of the values' shapes, by key. */
  readonly properties: ReadonlyMap<string, string>;
  /** What each of these keys says. */
  readonly words: ReadonlyMap<string, string>;
  /** Shape of the values of all other keys; undefined when there are none. */
  readonly other?: string;
};

type MappingSource = {
  first?: string;
  key?: string;
  include?: string;
  properties?: Record<string, string>;
  words?: Record<string, string>;
  other?: string;
};
type ShapeSource = {
  about?: string;
  any?: boolean;
  scalar?: 'string' | 'boolean';
  values?: string[];
  sequence?: string;
  mapping?: MappingSource;
  oneOf?: string[];
  expressions?: boolean;
  directives?: boolean;
};

const sources = grammar as Record<string, ShapeSource>;
const shapes = new Map<string, Shape>();

/** Names of all shapes of the grammar, in its order. */
export const shapeNames: readonly string[] = Object.keys(sources);

/** The compiled shape of a name of the grammar. */
export function shapeOf(name: string): Shape {
  const known = shapes.get(name);
  if (known) return known;
  const source = sources[name];
  if (!source) throw new Error(`the grammar has no shape '${name}'`);
  const parts = (source.oneOf ?? []).map(shapeOf);
  const scalar = source.scalar
    ? { kind: source.scalar, ...(source.values ? { values: source.values } : {}) }
    : parts.find((part) => part.scalar)?.scalar;
  const sequence = source.sequence ?? parts.find((part) => part.sequence)?.sequence;
  const shape: Shape = {
    name,
    about: source.about ?? '',
    oneOf: source.oneOf ?? [],
    any: source.any ?? false,
    ...(scalar ? { scalar } : {}),
    ...(sequence ? { sequence } : {}),
    mappings: source.mapping ? [compileMapping(source.mapping)] : parts.flatMap((part) => part.mappings),
    expressions: source.expressions ?? true,
    directives: source.directives ?? source.expressions ?? true,
  };
  shapes.set(name, shape);
  return shape;
}

function compileMapping(source: MappingSource): MappingShape {
  const included = source.include ? shapeOf(source.include).mappings[0] : undefined;
  const { first, key, other, include } = source;
  return {
    ...(include ? { include } : {}),
    ...(first ? { first } : {}),
    ...(key ? { key } : {}),
    ...(other ? { other } : {}),
    properties: new Map([...(included?.properties ?? []), ...Object.entries(source.properties ?? {})]),
    words: new Map([...(included?.words ?? []), ...Object.entries(source.words ?? {})]),
  };
}

/** Narrows the mappings that a value can still be, key by key. */
export type MappingMatch = {
  /** The shape's name for a key's value; undefined when the key isn't expected. `isFirst`: no other key came before. */
  take(key: string, isFirst: boolean): string | undefined;
  /** For the hint of a problem with a key that `take` didn't expect: what might have been meant. */
  instead(key: string, isFirst: boolean): string[];
  /** The keys of which one is missing to tell what was meant: those that only one of the mappings has. Empty when all is clear. */
  missing(): readonly string[];
};

/** Starts to match a mapping against a shape. `lenient`: an expression stands where the first key should, so order isn't judged. */
export function matchMapping(shape: Shape, lenient: boolean): MappingMatch {
  let candidates = shape.mappings;
  return {
    take(key, isFirst) {
      const hits = candidates.filter(
        (one) => one.properties.has(key) && (lenient || !isFirst || !one.first || one.first === key),
      );
      if (hits.length > 0) {
        candidates = hits;
        return hits[0]!.properties.get(key);
      }
      return candidates.find((one) => one.other)?.other;
    },
    instead(key, isFirst) {
      const starts = candidates.flatMap((one) => (one.first && isFirst && !lenient ? [one.first] : []));
      const begins = starts.length === candidates.length;
      const keys = begins ? starts : candidates.flatMap((one) => [...one.properties.keys()]);
      return expectedInstead(key, [...new Set(keys)], begins ? 'Begin with one of' : 'It may be one of');
    },
    missing() {
      if (candidates.length < 2) return [];
      const hits = new Map<string, number>();
      for (const one of candidates) for (const key of one.properties.keys()) hits.set(key, (hits.get(key) ?? 0) + 1);
      return [...hits]
        .filter(([, count]) => count === 1)
        .map(([key]) => key)
        .sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
    },
  };
}

/** Judges a literal scalar against a shape; reports what is wrong. */
export function checkScalar(node: Scalar, shape: Shape, problems: Problems): void {
  if (shape.any) return;
  const rule = shape.scalar;
  const fits =
    rule !== undefined &&
    (rule.kind !== 'boolean' || /^(?:true|false|y|yes|n|no|on|off)$/i.test(node.text)) &&
    (!rule.values || rule.values.includes(node.text));
  if (fits) return;
  const text = node.type === 'null' ? '' : node.text;
  const expected = rule?.values ?? (rule?.kind === 'boolean' ? ['true', 'false'] : []);
  problems.at(node, 'unexpected-value', text, ...expectedInstead(text, expected));
}
