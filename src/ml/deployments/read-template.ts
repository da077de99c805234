import { invalid } from '../../kernel/errors.ts';
import { fieldOf, isObject, type Json, objectField, textField } from '../wire-fields.ts';
import { evaluate, evaluateText, evaluateValue, type TemplateScope } from './evaluate-template.ts';
import { callsIn, isExpression, readExpression } from './read-expression.ts';
import { resourcePath } from './template-functions.ts';

/** One resource of a template, ready to be made when those that it waits for are. */
export type PlannedResource = {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly apiVersion: string;
  /** Still with its expressions: some can be evaluated only when what they refer to is there. */
  readonly body: Json;
  readonly scope: TemplateScope;
  /** Ids in lower case. */
  readonly after: readonly string[];
};

export type Template = {
  /** In an order in which they can be made. */
  readonly resources: readonly PlannedResource[];
  /** The parameters as answers show them: a secret has no value. */
  readonly parameters: Json;
  readonly outputs: Json;
  readonly scope: TemplateScope;
};

const bad = (message: string) => invalid(message, { wire: 'InvalidTemplate' });

/** What a parameter's value must be, by its type in lower case. */
const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  securestring: (value) => typeof value === 'string',
  int: (value) => Number.isInteger(value),
  bool: (value) => typeof value === 'boolean',
  object: isObject,
  secureobject: isObject,
  array: Array.isArray,
};

/**
 * Reads a template with its parameters: which resources it makes, and in which order.
 * @param given `{name: {value}}`
 * @throws invalid (InvalidTemplate) for a parameter that is missing, unknown or of another type; for what can't be evaluated; for a circle
 */
export async function readTemplate(
  template: Json,
  given: Json,
  base: Omit<TemplateScope, 'parameter' | 'variable'>,
): Promise<Template> {
  const declared = objectField(template, 'parameters');
  const values = new Map<string, unknown>();
  const shown: Record<string, Json> = {};
  const nameIn = (object: Json, name: string) =>
    Object.keys(object).find((key) => key.toLowerCase() === name.toLowerCase());
  for (const name of Object.keys(given))
    if (!nameIn(declared, name))
      throw bad(
        `The template has no parameter '${name.slice(0, 80)}': it has ${Object.keys(declared).join(', ') || 'none'}.`,
      );

  const defaults = new Map<string, unknown>();
  const variables = objectField(template, 'variables');
  const made = new Map<string, unknown>();
  /** Parameters' defaults and variables may refer to others: each is evaluated once, before what it stands in. */
  const scope: TemplateScope = {
    ...base,
    parameter(name) {
      const key = name.toLowerCase();
      if (values.has(key)) return values.get(key);
      throw bad(`The template has no parameter '${name.slice(0, 80)}'.`);
    },
    variable(name) {
      const key = name.toLowerCase();
      if (made.has(key)) return made.get(key);
      throw bad(`The template has no variable '${name.slice(0, 80)}'.`);
    },
  };
  for (const [name, declaration] of Object.entries(declared)) {
    const key = nameIn(given, name);
    const value = key === undefined ? undefined : fieldOf(given[key], 'value');
    if (value !== undefined) values.set(name.toLowerCase(), value);
    else if (isObject(declaration) && 'defaultValue' in declaration)
      defaults.set(name.toLowerCase(), declaration['defaultValue']);
    else if (textField(declaration, 'nullable') !== 'true')
      throw bad(`The value for the template's parameter '${name}' is not provided.`);
    else values.set(name.toLowerCase(), null);
  }
  await settle(defaults, values, scope, 'parameters');
  await settle(
    new Map(Object.entries(variables).map(([name, value]) => [name.toLowerCase(), value])),
    made,
    scope,
    'variables',
  );
  for (const [name, declaration] of Object.entries(declared)) {
    const value = values.get(name.toLowerCase());
    const type = textField(declaration, 'type') ?? 'string';
    const fits = TYPES[type.toLowerCase()];
    if (!fits) throw bad(`The template's parameter '${name}' has the type '${type}', which is not known.`);
    if (value !== null && !fits(value))
      throw bad(
        `The template's parameter '${name}' must be ${type}: ${type.toLowerCase().startsWith('secure') ? 'the value' : JSON.stringify(value)?.slice(0, 80)} is not.`,
      );
    const allowed = fieldOf(declaration, 'allowedValues');
    if (Array.isArray(allowed) && !allowed.includes(value))
      throw bad(
        `The value '${String(value).slice(0, 80)}' of the template's parameter '${name}' is not allowed: expected one of ${allowed.join(', ')}.`,
      );
    shown[name] = { type, ...(type.toLowerCase().startsWith('secure') ? {} : { value }) };
  }
  const resources = await planResources(template, scope);
  return { resources: inOrder(resources), parameters: shown, outputs: objectField(template, 'outputs'), scope };
}

/** Evaluates values that refer to each other, each after those that it names. */
async function settle(
  waiting: Map<string, unknown>,
  into: Map<string, unknown>,
  scope: TemplateScope,
  reads: 'parameters' | 'variables',
): Promise<void> {
  const visit = async (name: string, path: readonly string[]): Promise<void> => {
    if (!waiting.has(name)) return;
    if (path.includes(name))
      throw bad(`The template's ${reads} refer to each other in a circle: ${[...path, name].join(' → ')}.`);
    for (const wanted of namesIn(waiting.get(name), reads)) await visit(wanted, [...path, name]);
    into.set(name, await evaluateValue(waiting.get(name), scope));
    waiting.delete(name);
  };
  for (const name of [...waiting.keys()]) await visit(name, []);
}

function namesIn(value: unknown, reads: 'parameters' | 'variables'): string[] {
  return expressionsIn(value).flatMap((expression) =>
    callsIn(expression, [reads]).flatMap(({ args }) =>
      args[0]?.kind === 'literal' ? [String(args[0].value).toLowerCase()] : [],
    ),
  );
}

function expressionsIn(value: unknown): ReturnType<typeof readExpression>[] {
  if (typeof value === 'string') return isExpression(value) ? [readExpression(value)] : [];
  if (Array.isArray(value)) return value.flatMap(expressionsIn);
  return isObject(value)
    ? Object.entries(value).flatMap(([key, item]) => [...expressionsIn(key), ...expressionsIn(item)])
    : [];
}

type Parent = { readonly type: string; readonly name: string; readonly id: string };

async function planResources(template: Json, scope: TemplateScope): Promise<PlannedResource[]> {
  const listed = fieldOf(template, 'resources') ?? [];
  const isNamed = isObject(listed);
  if (!isNamed && !Array.isArray(listed)) throw bad("'resources' of a template must be a list or an object.");
  const planned: (PlannedResource & { symbol: string | undefined; waits: readonly string[] })[] = [];

  const plan = async (source: unknown, symbol: string | undefined, parent: Parent | undefined): Promise<void> => {
    if (!isObject(source)) throw bad('A resource of the template is not an object.');
    const copy = objectField(source, 'copy');
    const count =
      fieldOf(source, 'copy') === undefined ? undefined : await evaluateValue(fieldOf(copy, 'count'), scope);
    if (count !== undefined && (!Number.isInteger(count) || (count as number) < 0 || (count as number) > 800))
      throw bad(`The copy of a resource needs 'count', a whole number up to 800, not ${JSON.stringify(count)}.`);
    for (let index = 0; index < ((count as number | undefined) ?? 1); index += 1) {
      const own: TemplateScope =
        count === undefined ? scope : { ...scope, copyIndex: { name: textField(copy, 'name') ?? '', index } };
      if ((await evaluateValue(fieldOf(source, 'condition') ?? true, own)) !== true) continue;
      if (fieldOf(source, 'existing') === true) continue;
      const shortType = textField(source, 'type') ?? '';
      const shortName = await evaluateText(source, 'name', own);
      if (!shortName || !shortType) throw bad("A resource of the template needs 'type' and 'name'.");
      const type = parent ? `${parent.type}/${shortType}` : shortType;
      const name = parent ? `${parent.name}/${shortName}` : shortName;
      const id = await idOf(source, type, name, own);
      const waits = await Promise.all(
        [fieldOf(source, 'dependsOn') ?? []]
          .flat()
          .map(async (one) => String(await evaluateValue(one, own)).toLowerCase()),
      );
      const { resources: children, ...body } = source;
      planned.push({
        id,
        type,
        name,
        apiVersion: (await evaluateText(source, 'apiVersion', own)) ?? '2024-04-01',
        body,
        scope: own,
        after: [],
        symbol,
        waits: [...waits, ...(parent ? [parent.id.toLowerCase()] : []), ...(await referredTo(body, own))],
      });
      for (const child of Array.isArray(children) ? children : []) await plan(child, undefined, { type, name, id });
    }
  };
  if (isNamed)
    for (const [symbol, source] of Object.entries(listed)) await plan(source, symbol.toLowerCase(), undefined);
  else for (const source of listed) await plan(source, undefined, undefined);

  // `dependsOn` names an id, a name, a type with its name, or a symbol; what isn't made is not waited for.
  return planned.map(({ symbol: _symbol, waits, ...resource }) => ({
    ...resource,
    after: planned
      .filter(
        (other) =>
          other.id !== resource.id &&
          waits.some(
            (wanted) =>
              [other.id, other.name, other.symbol].some((name) => name?.toLowerCase() === wanted) ||
              other.id.toLowerCase().endsWith(`/${wanted.replace(/^\/+/, '')}`),
          ),
      )
      .map((other) => other.id.toLowerCase()),
  }));
}

/** Where a resource lies: in the deployment's group, in another one, or on what `scope` names. */
async function idOf(source: Json, type: string, name: string, scope: TemplateScope): Promise<string> {
  const path = resourcePath(type, name.split('/'));
  const on = await evaluateText(source, 'scope', scope);
  if (on !== undefined) return `${on.startsWith('/') ? on : `/${on}`}${path}`;
  const subscription = (await evaluateText(source, 'subscriptionId', scope)) ?? scope.subscriptionId;
  const group = (await evaluateText(source, 'resourceGroup', scope)) ?? scope.resourceGroup.name;
  return `/subscriptions/${subscription}/resourceGroups/${group}${path}`;
}

/** What `reference` and `list…` in a resource name: they are waited for as if `dependsOn` said so (documented). */
async function referredTo(body: Json, scope: TemplateScope): Promise<string[]> {
  const names: string[] = [];
  for (const expression of expressionsIn(body))
    for (const { args } of callsIn(expression, ['reference', 'listkeys'])) {
      if (!args[0]) continue;
      // A name that is itself read from a resource can't be known yet.
      const name = await evaluate(args[0], scope).catch(() => undefined);
      if (typeof name === 'string') names.push(name.toLowerCase());
    }
  return names;
}

/** @throws invalid when resources wait for each other in a circle */
function inOrder(resources: readonly PlannedResource[]): PlannedResource[] {
  const ordered: PlannedResource[] = [];
  const done = new Set<string>();
  const visit = (resource: PlannedResource, path: readonly string[]) => {
    const key = resource.id.toLowerCase();
    if (done.has(key)) return;
    if (path.includes(key))
      throw bad(`Resources of the template wait for each other in a circle: ${[...path, key].join(' → ')}.`);
    for (const wanted of resource.after) {
      const other = resources.find((one) => one.id.toLowerCase() === wanted);
      if (other) visit(other, [...path, key]);
    }
    done.add(key);
    ordered.push(resource);
  };
  for (const resource of resources) visit(resource, []);
  return ordered;
}
