import type { Node, Place, Scalar } from '../1-read/node.ts';
import { toText } from '../expressions/convert.ts';
import { type Decimal, readLiteral } from '../expressions/decimal.ts';
import { objectOf, type Value } from '../expressions/value.ts';

/** A value as nodes, all at the place of the expression that made it. @throws RangeError for a value nested too deep */
export function valueToNode(value: Value, place: Place): Node {
  const { file, line, column } = place;
  if (value !== null && typeof value === 'object') {
    if (value.kind === 'array') {
      return { kind: 'sequence', items: value.items.map((item) => valueToNode(item, place)), file, line, column };
    }
    if (value.kind === 'object') {
      const entries = Array.from(value.entries(), ([key, item]) => ({
        key: { kind: 'scalar', text: key, type: 'string', style: 'none', file, line, column } as const,
        value: valueToNode(item, place),
      }));
      return { kind: 'mapping', entries, file, line, column };
    }
  }
  return { kind: 'scalar', text: toText(value), type: scalarType(value), style: 'none', file, line, column };
}

function scalarType(value: Value): Scalar['type'] {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'boolean';
  return typeof value === 'object' && value.kind === 'number' ? 'number' : 'string';
}

/** Expanded nodes as a value: leaves keep their kinds, a null leaf becomes empty text. */
export function nodeToValue(node: Node): Value {
  switch (node.kind) {
    case 'scalar':
      return scalarValue(node);
    case 'sequence':
      return { kind: 'array', items: node.items.map(nodeToValue), source: node };
    case 'mapping':
      return {
        ...objectOf(
          node.entries.map(({ key, value }) => [key.kind === 'scalar' ? key.text : key.raw, nodeToValue(value)]),
        ),
        source: node,
      };
    case 'template':
      return node.raw;
  }
}

function scalarValue(node: Scalar): Value {
  switch (node.type) {
    case 'null':
      return '';
    case 'boolean':
      return node.text.toLowerCase() === 'true';
    case 'number':
      return readNumberLeaf(node.text) ?? node.text;
    case 'string':
      return node.text;
  }
}

/** A number as YAML writes it: decimal, `0x`, `0o`, or with an exponent. */
function readNumberLeaf(text: string): Decimal | undefined {
  if (/^0[xo]/.test(text)) return { kind: 'number', digits: BigInt(text), scale: 0 };
  const unsigned = text.startsWith('+') ? text.slice(1) : text;
  const exponent = /^(.*)[eE]([-+]?\d{1,2})$/.exec(unsigned);
  if (!exponent) return readLiteral(unsigned);
  const base = readLiteral(exponent[1]!);
  const shift = Number(exponent[2]);
  if (!base || Math.abs(shift) > 28) return undefined;
  const scale = base.scale - shift;
  return scale >= 0 ? { ...base, scale } : { kind: 'number', digits: base.digits * 10n ** BigInt(-scale), scale: 0 };
}

/** Expanded nodes as plain data: mappings, lists, and scalars as their text. */
export function nodeToData(node: Node): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.type === 'null' ? '' : node.text;
    case 'sequence':
      return node.items.map(nodeToData);
    case 'mapping':
      return Object.fromEntries(
        node.entries.map(({ key, value }) => [key.kind === 'scalar' ? key.text : key.raw, nodeToData(value)]),
      );
    case 'template':
      return node.raw;
  }
}
