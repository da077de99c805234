import { childOf, type Entry, type Mapping, type Node, type Scalar, textOf } from '../1-read/node.ts';
import { placeOf } from '../1-read/origin.ts';
import { shapeOf } from '../1-read/schema.ts';
import type { Plan } from '../3-plan/plan.ts';
import { expandMacros } from '../expressions/macros.ts';
import type { Macro, Property } from './explanation.ts';
import type { Part } from './find-part.ts';
import { type Knowledge, knownVariables, type VariableLookup } from './known-variables.ts';
import { evaluatedText, linksOf, type VariablePlace } from './origin-links.ts';
import { conditionTree, definitionOf, listOf, type Owner, variableTree } from './runtime-trees.ts';
import { nodeOf, writtenAs } from './source-map.ts';

/** Keys whose value is explained as a part of its own, or as variables. */
const inner = new Set(['stages', 'jobs', 'steps', 'variables']);

/** The properties of a part that there is something to say of, and the number of the others. */
export function propertiesOf(plan: Plan, part: Part, knowledge: Knowledge): { properties: Property[]; plain: number } {
  const node = nodeOf(part);
  const around: Around = {
    plan,
    part,
    knowledge,
    node,
    shape: part.step ? 'task' : part.job ? (part.job.deployment ? 'deployment' : 'job') : 'stage',
    lookup: knownVariables(plan, part, part.step ? 'step' : part.job ? 'variable' : 'job', knowledge),
    places: variablePlaces(plan, part),
  };
  const isDeployment = part.job?.deployment !== undefined && !part.step;
  const written = (node?.entries ?? []).filter(
    ({ key }) => !inner.has(nameOf(key)) && !(isDeployment && nameOf(key) === 'strategy'),
  );
  const all = [
    ...written.flatMap(({ key, value }) => leaves(nameOf(key), value)).map((leaf) => propertyOf(leaf, around)),
    ...variablesOf(node, around),
  ];
  const told = all.filter((one) => one !== undefined);
  return { properties: [...implied(around, told), ...told], plain: all.length - told.length };
}

type Around = {
  readonly plan: Plan;
  readonly part: Part;
  readonly knowledge: Knowledge;
  readonly node: Mapping | undefined;
  readonly shape: string;
  readonly lookup: VariableLookup;
  readonly places: VariablePlace;
};

type Leaf = { readonly name: string; readonly node: Scalar };

function nameOf(key: Entry['key']): string {
  return key.kind === 'scalar' ? key.text : key.raw;
}

/** What the grammar says of a key. */
function wordsOf(shape: string, key: string): string | undefined {
  return shapeOf(shape).mappings[0]?.words.get(key);
}

/** The texts under a key, each by its path. */
function leaves(name: string, node: Node): Leaf[] {
  switch (node.kind) {
    case 'scalar':
      return [{ name, node }];
    case 'sequence':
      return node.items.flatMap((item, index) => leaves(node.items.length > 1 ? `${name}[${index}]` : name, item));
    case 'mapping':
      return node.entries.flatMap(({ key, value }) => leaves(`${name}.${nameOf(key)}`, value));
    case 'template':
      return [];
  }
}

/** Undefined for a text that stands as it was written, and says nothing but itself. */
function propertyOf({ name, node }: Leaf, around: Around): Property | undefined {
  const { plan, part, knowledge, places } = around;
  const [key = name] = name.split(/[.[]/);
  // What came with the whole owner is told of there; what a parameter held may still have had expressions of its own.
  const written = writtenAs(node);
  const owner = around.node && writtenAs(around.node);
  const isTold = written.origin === owner?.origin || written.origin === around.node?.origin;
  const origin = isTold ? undefined : written.origin;
  const cause = origin?.cause.kind === 'expression' ? origin.cause : undefined;
  const outer = cause ? origin?.outer : origin;
  const links = linksOf(outer, written === node ? around.node?.origin : owner?.origin, places);
  const about = wordsOf(around.shape, key);
  const isCondition = name === 'condition';
  const macros = isCondition ? [] : macrosOf(node.text, around);
  if (!cause && !isCondition && key !== 'dependsOn' && links.length === 0 && macros.length === 0) return undefined;
  return {
    name,
    ...(about ? { about } : {}),
    value: node.text,
    isDefault: false,
    place: placeOf(written),
    origin: links,
    ...(cause && origin
      ? { template: { text: cause.text, evaluated: evaluatedText(origin, cause.evaluations, places) } }
      : {}),
    ...(isCondition ? { runtime: conditionTree(plan, part, node.text, knowledge) } : {}),
    macros,
  };
}

/** What holds although no one wrote it. */
function implied(around: Around, told: readonly Property[]): Property[] {
  const { plan, part, knowledge, node, shape } = around;
  const result: Property[] = [];
  const add = (name: string, value: string, more: Partial<Property> = {}) => {
    const about = wordsOf(shape, name);
    result.push({ name, ...(about ? { about } : {}), value, isDefault: true, origin: [], macros: [], ...more });
  };
  if (!part.job && !childOf(node, 'dependsOn') && part.stage.dependsOn.length > 0)
    add('dependsOn', part.stage.dependsOn.join(', '));
  if (!told.some((one) => one.name === 'condition')) {
    const condition = 'succeeded()';
    add('condition', condition, { runtime: conditionTree(plan, part, condition, knowledge) });
  }
  return result;
}

/** The variables of a stage or job. */
function variablesOf(node: Mapping | undefined, around: Around): (Property | undefined)[] {
  const { plan, part, knowledge } = around;
  if (part.step) return [];
  const owner: Owner = part.job ? 'job' : 'stage';
  const list = childOf(node, 'variables');
  const items = list?.kind === 'sequence' ? list.items : [];
  return items.map((item): Property | undefined => {
    const name = textOf(item, 'name');
    const value = childOf(item, 'value');
    if (name === undefined || value?.kind !== 'scalar') return undefined;
    const index = listOf(plan, part, owner).findLastIndex(
      (entry) => entry.kind === 'value' && entry.name === name && entry.position?.line === item.line,
    );
    const tree = index < 0 ? undefined : variableTree(plan, part, owner, index, knowledge);
    const property = propertyOf({ name: `variables.${name}`, node: value }, around);
    if (!tree) return property;
    const about = wordsOf(around.shape, 'variables');
    const plain: Property = {
      name: `variables.${name}`,
      ...(about ? { about } : {}),
      value: value.text,
      isDefault: false,
      place: placeOf(writtenAs(value)),
      origin: [],
      macros: [],
    };
    return { ...plain, ...property, runtime: tree };
  });
}

/** The `$( )` of a text: those that are known, and those that could be a variable's name. */
function macrosOf(text: string, { plan, part, knowledge, lookup }: Around): Macro[] {
  if (!text.includes('$(')) return [];
  const found = new Map<string, Macro>();
  expandMacros(text, (name) => {
    const known = lookup(name);
    if (found.has(name.toLowerCase())) return known?.value;
    if (!known) {
      // Other text between the parentheses is a command of a shell.
      if (/^[A-Za-z_][\w-]*(?:\.[\w.-]+)?$/.test(name))
        found.set(name.toLowerCase(), { name, note: unknownNote(knowledge) });
      return undefined;
    }
    const definition = known.expression === undefined ? undefined : definitionOf(plan, part, name);
    const evaluated = definition && variableTree(plan, part, definition.owner, definition.index, knowledge);
    const later = known.value === undefined && !evaluated ? known.later : undefined;
    const note = later ?? known.note;
    found.set(name.toLowerCase(), {
      name,
      ...(known.value === undefined ? {} : { value: known.value }),
      ...(note ? { note } : {}),
      ...(known.place ? { place: known.place } : {}),
      ...(evaluated ? { evaluated } : {}),
    });
    return known.value;
  });
  return [...found.values()];
}

function unknownNote({ run }: Knowledge): string {
  return run
    ? 'not among the variables of the run: stays as written, unless a step before set it'
    : 'not set in the YAML: stays as written, unless the run is given it or a step before sets it';
}

/** Where the YAML sets the variables that `${{ }}` texts of a part could see. */
function variablePlaces(plan: Plan, part: Part): VariablePlace {
  return (name) => {
    const place = definitionOf(plan, part, name)?.entry.position;
    return place && { place };
  };
}
