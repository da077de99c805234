import { expectedInstead } from '../1-read/expected.ts';
import type { Mapping, Node, Place, Scalar } from '../1-read/node.ts';
import { childOf, textOf } from '../1-read/node.ts';
import { collectProblems, type Problems } from '../diagnostics.ts';
import { equal } from '../expressions/compare.ts';
import { readNumber } from '../expressions/decimal.ts';
import { evaluationFault } from '../expressions/error.ts';
import { contextOf, type ObjectValue, type Value } from '../expressions/value.ts';
import { nodeToValue } from './value-node.ts';

/** A declared parameter. */
type Declared = {
  readonly name: string;
  readonly type: string;
  readonly default: Node | undefined;
  readonly values: readonly Node[] | undefined;
  readonly place: Place;
};

/** Judges and normalises a structure (steps, jobs, …) of an argument or default: the callee sees shortcuts as tasks. */
export type StructureReader = (node: Node, shapeName: string, problems: Problems) => Node;

/** Types whose values are text as it was given. */
export const scalarTypes: ReadonlySet<string> = new Set([
  'string',
  'number',
  'boolean',
  'environment',
  'filePath',
  'secureFile',
  'serviceConnection',
]);

/** Types that hold a structure: the shape it is judged by, and whether one item of it is meant. */
const structureTypes: Readonly<Record<string, { readonly shape: string; readonly single?: boolean }>> = {
  step: { shape: 'steps', single: true },
  stepList: { shape: 'steps' },
  job: { shape: 'jobs', single: true },
  jobList: { shape: 'jobs' },
  deployment: { shape: 'jobs', single: true },
  deploymentList: { shape: 'jobs' },
  stage: { shape: 'stages', single: true },
  stageList: { shape: 'stages' },
  container: { shape: 'containerResources', single: true },
  containerList: { shape: 'containerResources' },
  pool: { shape: 'pool' },
};
const rootOnly = new Set(['environment', 'filePath', 'pool', 'secureFile', 'serviceConnection']);

function knownTypes(isRoot: boolean): string[] {
  const all = [...scalarTypes, 'object', 'stringList', ...Object.keys(structureTypes)];
  return isRoot ? all : [...all.filter((type) => !rootOnly.has(type)), 'legacyObject'];
}

/** The parameters of a file: reads the block once, and reports types that don't exist and names declared twice. */
export function declaredParameters(
  block: Node | undefined,
  isRoot: boolean,
  problems: Problems,
): readonly Declared[] | 'any' | 'open' {
  if (!block) return 'any';
  if (block.kind === 'mapping') return 'open';
  if (block.kind !== 'sequence') return 'any';
  const declared: Declared[] = [];
  const seen = new Set<string>();
  for (const item of block.items) {
    const name = textOf(item, 'name');
    if (name === undefined) continue;
    if (seen.has(name.toLowerCase())) {
      problems.at(item, 'parameter-declared-twice', name);
      continue;
    }
    seen.add(name.toLowerCase());
    const typeNode = childOf(item, 'type');
    const type = textOf(item, 'type') ?? 'string';
    if (typeNode && !knownTypes(isRoot).includes(type)) {
      problems.at(typeNode, 'unexpected-value', type, ...expectedInstead(type, knownTypes(isRoot)));
      continue;
    }
    const values = childOf(item, 'values');
    declared.push({
      name,
      type,
      default: childOf(item, 'default'),
      values: values?.kind === 'sequence' ? values.items : undefined,
      place: item,
    });
  }
  return declared;
}

/**
 * Binds arguments to a file's declared parameters.
 * @param args the expanded `parameters` mapping of a reference, or what was given when the run was queued
 * @param readArgument how structures of arguments are read (the caller's file), `readDefault` those of defaults (the declaring file)
 * @returns the `parameters` context; a miss in it raises
 */
export function bindParameters(
  block: Node | undefined,
  args: Mapping | undefined,
  options: { isRoot: boolean; readArgument: StructureReader; readDefault: StructureReader; positions: boolean },
  problems: Problems,
): ObjectValue {
  const declared = declaredParameters(block, options.isRoot, problems);
  if (declared === 'any') {
    // A template without the block ignores what it is handed (recorded); at the root that would lose what a person typed.
    if (options.isRoot)
      for (const { key } of args?.entries ?? [])
        problems.plain('parameter-unexpected', [key.kind === 'scalar' ? key.text : key.raw, 'no parameters']);
    return parameterContext([]);
  }
  if (declared === 'open') return bindOpen(block as Mapping, args);
  const byName = new Map(declared.map((one) => [one.name.toLowerCase(), one]));
  const bound = new Map<Declared, Value>();
  // Arguments first, in the order in which they were given: that is the order of their problems.
  for (const { key, value } of args?.entries ?? []) {
    const name = key.kind === 'scalar' ? key.text : key.raw;
    const one = byName.get(name.toLowerCase());
    if (one) bound.set(one, coerce(one, value, options.readArgument, options.positions, problems) ?? null);
    else if (options.positions) problems.at(value, 'parameter-unexpected', name);
    else problems.plain('parameter-unexpected', [name, declared.map((known) => known.name).join(', ')], block);
  }
  for (const one of declared) {
    if (bound.has(one)) continue;
    if (!one.default) {
      const given = options.isRoot
        ? `Give it: -p ${one.name}=VALUE`
        : `Give it where the template is used, under parameters, or declare a default.`;
      problems.plain('parameter-missing', [one.name, given], one.place);
    }
    bound.set(one, one.default ? (coerce(one, one.default, options.readDefault, true, problems) ?? null) : null);
  }
  return parameterContext(declared.map((one) => [one.name, bound.get(one)!]));
}

function parameterContext(entries: readonly [string, Value][]): ObjectValue {
  return contextOf(entries, (name) => {
    throw evaluationFault(`Key not found '${name}'`);
  });
}

// The old form `parameters: {name: default}`: no types, further arguments are accepted, scalars are text.
function bindOpen(block: Mapping, args: Mapping | undefined): ObjectValue {
  const bound = new Map<string, [string, Value]>();
  for (const { key, value } of [...block.entries, ...(args?.entries ?? [])]) {
    const name = key.kind === 'scalar' ? key.text : key.raw;
    bound.set(name.toLowerCase(), [bound.get(name.toLowerCase())?.[0] ?? name, openValue(value)]);
  }
  return parameterContext([...bound.values()]);
}

function openValue(node: Node): Value {
  return node.kind === 'scalar' ? node.text : nodeToValue(node);
}

function coerce(
  parameter: Declared,
  node: Node,
  read: StructureReader,
  located: boolean,
  problems: Problems,
): Value | undefined {
  const { name, type } = parameter;
  const report = (
    code: 'parameter-not-valid' | 'parameter-wrong-shape' | 'parameter-not-allowed',
    ...holes: string[]
  ) => {
    if (located) problems.at(node, code, name, ...holes);
    else problems.plain(code, [name, ...holes], parameter.place);
    return undefined;
  };
  if (type === 'object')
    return nodeToValue(node.kind === 'scalar' && node.type === 'null' ? { ...node, text: '', type: 'string' } : node);
  if (type === 'legacyObject') return legacyValue(node);
  const structure = structureTypes[type];
  if (structure) return coerceStructure(parameter, node, structure, read, problems);
  if (type === 'stringList') {
    if (node.kind !== 'sequence') {
      return node.kind === 'scalar'
        ? report('parameter-not-valid', textOfScalar(node), 'StringList')
        : report('parameter-wrong-shape', 'StringList');
    }
    const items = node.items.map((item) => (item.kind === 'scalar' ? textOfScalar(item) : ''));
    for (const item of items)
      if (!isAllowed(item, parameter)) report('parameter-not-allowed', item, ...allowedInstead(item, parameter));
    return { kind: 'array', items };
  }
  if (node.kind !== 'scalar') return report('parameter-wrong-shape', capital(scalarKind(type)));
  const text = textOfScalar(node);
  const value = coerceScalar(text, type);
  if (value === undefined) return report('parameter-not-valid', text, capital(type));
  return isAllowed(value, parameter)
    ? value
    : report('parameter-not-allowed', text, ...allowedInstead(text, parameter));
}

function allowedInstead(text: string, { values }: Declared): string[] {
  return expectedInstead(
    text,
    (values ?? []).flatMap((one) => (one.kind === 'scalar' ? [textOfScalar(one)] : [])),
  );
}

/** A null, however it is spelled, is empty text. */
function textOfScalar(node: Scalar): string {
  return node.type === 'null' ? '' : node.text;
}

function coerceStructure(
  parameter: Declared,
  node: Node,
  structure: { readonly shape: string; readonly single?: boolean },
  read: StructureReader,
  problems: Problems,
): Value | undefined {
  const found = collectProblems();
  const { file, line, column } = node;
  const list: Node = structure.single ? { kind: 'sequence', items: [node], file, line, column } : node;
  const result = read(list, structure.shape, found);
  if (found.list.length > 0) {
    problems.plain('parameter-wrong-shape', [parameter.name, capital(parameter.type)], node);
    for (const one of found.list) problems.add(one);
    return undefined;
  }
  const value = nodeToValue(result);
  if (!structure.single) return value;
  return value !== null && typeof value === 'object' && value.kind === 'array' ? value.items[0] : value;
}

function scalarKind(type: string): string {
  return type === 'number' || type === 'boolean' ? type : 'string';
}

function coerceScalar(text: string, type: string): Value | undefined {
  switch (type) {
    case 'number':
      return text.trim() === '' ? undefined : readNumber(text);
    case 'boolean':
      return /^(?:true|false)$/i.test(text) ? text.toLowerCase() === 'true' : undefined;
    default:
      return text;
  }
}

function isAllowed(value: Value, parameter: Declared): boolean {
  if (!parameter.values) return true;
  return parameter.values.some((node) => {
    if (node.kind !== 'scalar') return false;
    const allowed = coerceScalar(node.text, parameter.type);
    if (allowed === undefined) return false;
    return typeof value === 'string' ? value === allowed : equal(value, allowed);
  });
}

function legacyValue(node: Node): Value {
  if (node.kind === 'scalar') return node.type === 'null' ? '' : node.text;
  if (node.kind === 'sequence') return { kind: 'array', items: node.items.map(legacyValue) };
  if (node.kind !== 'mapping') return node.raw;
  const entries = node.entries.map(
    ({ key, value }) => [key.kind === 'scalar' ? key.text : key.raw, legacyValue(value)] as const,
  );
  const map = new Map<string, Value>(entries);
  return { kind: 'object', get: (key) => map.get(key), entries: () => map };
}

function capital(type: string): string {
  return type.charAt(0).toUpperCase() + type.slice(1);
}
