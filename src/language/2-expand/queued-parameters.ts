import { childOf, type Mapping, type Node, type Place, textNode, textOf } from '../1-read/node.ts';
import { readYaml } from '../1-read/yaml.ts';
import { collectProblems, type Problems } from '../diagnostics.ts';
import { dataValue } from '../expressions/runtime.ts';
import { serviceLimits } from '../limits.ts';
import { scalarTypes } from './parameters.ts';
import { valueToNode } from './value-node.ts';

/**
 * The parameters given when the run was queued, as nodes. Where the declared type isn't a scalar, text stands for a structure: JSON as
 * recorded of the service, or YAML, of which JSON is a part and which people type. What is neither is reported.
 * @param root the pipeline, whose `parameters` name the types
 */
export function queuedParameters(
  root: Mapping,
  given: Readonly<Record<string, unknown>>,
  file: string,
  problems: Problems,
): Mapping {
  const place: Place = { file, line: 1, column: 1 };
  const block = childOf(root, 'parameters');
  const declared = block?.kind === 'sequence' ? block.items : [];
  const declaration = (name: string) =>
    declared.find((item) => textOf(item, 'name')?.toLowerCase() === name.toLowerCase());
  const entries = Object.entries(given).map(([name, value]) => {
    const item = declaration(name);
    return { key: textNode(name, place), value: parameterNode(name, value, item, place, problems) };
  });
  return { kind: 'mapping', entries, ...place };
}

function parameterNode(
  name: string,
  value: unknown,
  declaration: Node | undefined,
  place: Place,
  problems: Problems,
): Node {
  const type = textOf(declaration, 'type') ?? 'string';
  if (typeof value === 'object') return valueToNode(dataValue(value), place);
  const text = String(value ?? '');
  if (typeof value !== 'string' || scalarTypes.has(type)) return textNode(text, place);
  const found = collectProblems();
  const { node } = readYaml(text, place.file, found, serviceLimits.fileBytes);
  const [fault] = found.list;
  if (!fault) return node ? asGiven(node, place) : textNode(text, place);
  const kind = type.charAt(0).toUpperCase() + type.slice(1);
  const at = fault.line === undefined ? '' : ` (line ${fault.line}, column ${fault.column})`;
  problems.plain('parameter-not-yaml', [name, kind, `${fault.message}${at}`], declaration);
  return textNode('', place);
}

/** Nodes of given text: none of it is an expression, and its own places mean nothing in the pipeline's file. */
function asGiven(node: Node, place: Place): Node {
  switch (node.kind) {
    case 'scalar': {
      const { isFaulty: _, ...own } = node;
      return { ...own, ...place };
    }
    case 'template':
      return textNode(node.raw, place);
    case 'sequence':
      return { kind: 'sequence', items: node.items.map((item) => asGiven(item, place)), ...place };
    case 'mapping':
      return {
        kind: 'mapping',
        entries: node.entries.map(({ key, value }) => ({
          key: key.kind === 'scalar' ? { ...key, ...place } : textNode(key.raw, place),
          value: asGiven(value, place),
        })),
        ...place,
      };
  }
}
