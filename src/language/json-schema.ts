import { type MappingShape, type Shape, shapeNames, shapeOf } from './1-read/schema.ts';

/** What a JSON Schema needs to know of a task. */
export type SchemaTask = {
  /** With its major version, `Bash@3`. */
  readonly reference: string;
  readonly description: string;
  readonly inputs: readonly SchemaInput[];
};

export type SchemaInput = {
  /** All names by which it is known. */
  readonly names: readonly string[];
  /** Empty where nothing is known but the name. */
  readonly description: string;
  /** Values that may be picked; undefined when anything may be given. */
  readonly options?: readonly string[];
};

type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The grammar as a JSON Schema (draft 7) for editors, with what the editors' language server knows beyond it: `firstProperty`.
 * It lets through what only an expansion could judge: expressions as values, directives as keys.
 * @param tasks the tasks whose inputs are to be completed; a task that isn't among them is let through with any inputs
 */
export function jsonSchema(tasks: readonly SchemaTask[] = []): JsonSchema {
  const definitions: Record<string, JsonSchema> = {};
  for (const name of shapeNames) definitions[name] = definitionOf(shapeOf(name));
  if (tasks.length > 0) definitions['task'] = taskDefinition(tasks);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Pipeline schema',
    description: 'An Azure Pipelines file.',
    anyOf: ['pipeline', 'extendsTemplateFile', ...templateFiles].map(reference),
    definitions,
  };
}

const templateFiles = ['stageTemplateFile', 'jobTemplateFile', 'stepTemplateFile', 'variableTemplateFile'];

/** A key or value of which only the expansion can tell what it comes to. */
const expression = { type: 'string', pattern: '\\$\\{\\{' };
const directiveKey = '^\\$\\{\\{';
const sequenceDirectiveKey = '^\\$\\{\\{\\s*(if|elseif|else|each)\\b';
const anyScalar = { type: ['string', 'number', 'boolean', 'null'] };
/** The spellings of `true` and `false` that a key of this kind takes, in any case. */
const booleanText = '^([tT][rR][uU][eE]|[fF][aA][lL][sS][eE]|[yY]([eE][sS])?|[nN][oO]?|[oO][nN]|[oO][fF][fF])$';

function reference(name: string): JsonSchema {
  return { $ref: `#/definitions/${name}` };
}

function definitionOf(shape: Shape): JsonSchema {
  const words = shape.about === '' ? {} : { description: shape.about };
  if (shape.any) return words;
  const forms = shape.oneOf.length > 0 ? shape.oneOf.map(reference) : ownForms(shape);
  const takesText = shape.scalar !== undefined && shape.scalar.kind === 'string' && !shape.scalar.values;
  if (shape.expressions && !takesText) forms.push(expression);
  return forms.length === 1 ? { ...words, ...forms[0] } : { ...words, anyOf: forms };
}

function ownForms(shape: Shape): JsonSchema[] {
  const forms: JsonSchema[] = [];
  if (shape.scalar?.values) forms.push({ type: 'string', enum: shape.scalar.values });
  else if (shape.scalar?.kind === 'boolean') forms.push({ type: 'boolean' }, { type: 'string', pattern: booleanText });
  else if (shape.scalar) forms.push(anyScalar);
  if (shape.sequence) forms.push(sequenceOf(shape, shape.sequence));
  for (const mapping of shape.mappings) forms.push(mappingOf(shape, mapping));
  return forms;
}

function sequenceOf(shape: Shape, item: string): JsonSchema {
  if (!shape.directives) return { type: 'array', items: reference(item) };
  const body = { anyOf: [{ type: 'array' }, reference(item)] };
  const directive = {
    type: 'object',
    patternProperties: { [sequenceDirectiveKey]: body },
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
  };
  return { type: 'array', items: { anyOf: [reference(item), directive] } };
}

function mappingOf(shape: Shape, mapping: MappingShape): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  for (const [key, name] of mapping.properties) {
    const description = mapping.words.get(key);
    // What stands beside a reference is ignored in draft 7.
    properties[key] = description === undefined ? reference(name) : { description, allOf: [reference(name)] };
  }
  const needed = mapping.first ?? mapping.key;
  const hasDirective = { not: { propertyNames: { not: { pattern: directiveKey } } } };
  const presence =
    needed === undefined ? {} : { anyOf: [{ required: [needed] }, ...(shape.directives ? [hasDirective] : [])] };
  return {
    type: 'object',
    properties,
    ...(shape.directives ? { patternProperties: { [directiveKey]: {} } } : {}),
    additionalProperties: mapping.other ? reference(mapping.other) : false,
    ...(mapping.first ? { firstProperty: [mapping.first] } : {}),
    ...presence,
  };
}

/**
 * Steps that run a task. What they have in common stands once; beside it one form for each task that is known, with its inputs, and
 * one for all others: an editor tries every form on every step.
 */
function taskDefinition(tasks: readonly SchemaTask[]): JsonSchema {
  const shape = shapeOf('task');
  const general = mappingOf(shape, shape.mappings[0]!);
  const properties = general['properties'] as Record<string, JsonSchema>;
  const anyCase = (text: string) =>
    [...text]
      .map((sign) =>
        /[a-z]/i.test(sign) ? `[${sign.toLowerCase()}${sign.toUpperCase()}]` : sign === '.' ? '\\.' : sign,
      )
      .join('');
  const patterns = tasks.map((task) => `^${anyCase(task.reference)}(\\.\\d+)*$`);
  const forms = tasks.map((task, index) => ({
    properties: {
      task: { type: 'string', description: task.description, pattern: patterns[index], default: task.reference },
      inputs: inputsOf(task),
    },
  }));
  const others = { properties: { task: { not: { type: 'string', pattern: patterns.join('|') } } } };
  const task = {
    description: shape.mappings[0]!.words.get('task'),
    anyOf: [{ type: 'string', enum: tasks.map((one) => one.reference) }, { type: 'string' }],
  };
  return {
    description: shape.about,
    ...general,
    properties: { ...properties, task },
    allOf: [{ anyOf: [...forms, others] }],
  };
}

function inputsOf(task: SchemaTask): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  for (const { names, description, options } of task.inputs) {
    for (const name of names) {
      const values = options && {
        anyOf: [
          { type: 'string', enum: options },
          { type: 'string', pattern: '\\$' },
        ],
      };
      properties[name] = { ...(description === '' ? {} : { description }), ...(values ?? anyScalar) };
    }
  }
  return { description: `Inputs of ${task.reference}.`, properties };
}
