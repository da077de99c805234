import { invalid } from '../../kernel/errors.ts';
import { fieldOf, isObject } from '../wire-fields.ts';
import { type Expression, isExpression, readExpression } from './read-expression.ts';
import { resourcePath, TEMPLATE_FUNCTIONS } from './template-functions.ts';

/** What expressions know besides their arguments. */
export type TemplateScope = {
  readonly subscriptionId: string;
  readonly tenantId: string;
  readonly resourceGroup: { readonly name: string; readonly location: string };
  readonly deployment: string;
  /** ISO-8601: when the deployment began. */
  readonly now: string;
  readonly newGuid: () => string;
  /** @throws invalid for one that the template does not have */
  readonly parameter: (name: string) => unknown;
  /** @throws invalid for one that the template does not have */
  readonly variable: (name: string) => unknown;
  /** Inside a copy loop. */
  readonly copyIndex?: { readonly name: string; readonly index: number };
  /** What a resource is now. Absent while the template is only read: then `reference` has nothing to read. */
  readonly reference?: (idOrName: string, apiVersion: string | undefined, full: boolean) => Promise<unknown>;
  /** What an action of a resource answers (`listKeys`). */
  readonly list?: (action: string, id: string, apiVersion: string) => Promise<unknown>;
};

const bad = (message: string) => invalid(message, { wire: 'InvalidTemplate' });

/** Evaluates every text of a value that is an expression, in keys too. */
export async function evaluateValue(value: unknown, scope: TemplateScope): Promise<unknown> {
  if (typeof value === 'string') {
    if (value.startsWith('[[')) return value.slice(1);
    return isExpression(value) ? evaluate(readExpression(value), scope) : value;
  }
  if (Array.isArray(value)) return Promise.all(value.map((item) => evaluateValue(item, scope)));
  if (!isObject(value)) return value;
  if (Array.isArray(value['copy']))
    throw bad('not implemented: copy of properties or variables. Copy of resources works.');
  const made: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value))
    made[String(await evaluateValue(key, scope))] = await evaluateValue(item, scope);
  return made;
}

/** Evaluates an expression. Arguments are evaluated when they are needed: `if` leaves out the branch that isn't. */
export async function evaluate(expression: Expression, scope: TemplateScope): Promise<unknown> {
  if (expression.kind === 'literal') return expression.value;
  if (expression.kind === 'property') {
    const [of, name] = [await evaluate(expression.of, scope), await evaluate(expression.name, scope)];
    if (Array.isArray(of)) {
      const item = typeof name === 'number' ? of[name] : undefined;
      if (item !== undefined) return item;
    } else if (isObject(of)) {
      const key = Object.keys(of).find((one) => one.toLowerCase() === String(name).toLowerCase());
      if (key !== undefined) return of[key];
    }
    throw bad(
      `There is no property '${String(name)}' in ${JSON.stringify(of)?.slice(0, 200)}${isObject(of) ? `: it has ${Object.keys(of).join(', ')}` : ''}.`,
    );
  }
  const name = expression.name.toLowerCase();
  const lazy = expression.args.map((arg) => () => evaluate(arg, scope));
  const need = async (index: number) => {
    const arg = lazy[index];
    if (!arg) throw bad(`The template function '${expression.name}' needs ${index + 1} arguments or more.`);
    return arg();
  };
  switch (name) {
    case 'if':
      return (await need(0)) === true ? need(1) : need(2);
    case 'and':
      for (const arg of lazy) if ((await arg()) !== true) return false;
      return true;
    case 'or':
      for (const arg of lazy) if ((await arg()) === true) return true;
      return false;
  }
  const args = await Promise.all(lazy.map((arg) => arg()));
  const plain = TEMPLATE_FUNCTIONS[name];
  if (plain) return plain(args);
  return callScoped(expression.name, args, scope);
}

async function callScoped(name: string, args: readonly unknown[], scope: TemplateScope): Promise<unknown> {
  const texts = args.map(String);
  const subscription = `/subscriptions/${scope.subscriptionId}`;
  const group = `${subscription}/resourceGroups/${scope.resourceGroup.name}`;
  switch (name.toLowerCase()) {
    case 'parameters':
      return scope.parameter(texts[0] ?? '');
    case 'variables':
      return scope.variable(texts[0] ?? '');
    case 'resourcegroup':
      return { id: group, ...scope.resourceGroup, type: 'Microsoft.Resources/resourceGroups', tags: {} };
    case 'subscription':
      return {
        id: subscription,
        subscriptionId: scope.subscriptionId,
        tenantId: scope.tenantId,
        displayName: scope.subscriptionId,
      };
    case 'tenant':
      return { tenantId: scope.tenantId };
    case 'deployment':
      return { name: scope.deployment, properties: { mode: 'Incremental' } };
    case 'environment':
      return {
        name: 'AzureCloud',
        resourceManager: 'https://management.azure.com/',
        authentication: { loginEndpoint: 'https://login.microsoftonline.com/', tenant: 'common' },
        suffixes: { storage: 'core.windows.net', keyvaultDns: '.vault.azure.net' },
      };
    case 'newguid':
      return scope.newGuid();
    case 'utcnow':
      return scope.now;
    case 'copyindex': {
      const offset = typeof args[0] === 'number' ? args[0] : typeof args[1] === 'number' ? args[1] : 0;
      if (!scope.copyIndex) throw bad("'copyIndex' stands outside of a copy.");
      return scope.copyIndex.index + offset;
    }
    case 'resourceid': {
      // A subscription and a group may stand before the type, which is the first with a slash.
      const at = texts.findIndex((one) => one.includes('/'));
      if (at < 0 || at > 2) throw bad(`'resourceId' needs a type such as 'Microsoft.Storage/storageAccounts'.`);
      const base =
        at === 2
          ? `/subscriptions/${texts[0]}/resourceGroups/${texts[1]}`
          : at === 1
            ? `${subscription}/resourceGroups/${texts[0]}`
            : group;
      return `${base}${resourcePath(texts[at] as string, texts.slice(at + 1))}`;
    }
    case 'subscriptionresourceid': {
      const at = texts.findIndex((one) => one.includes('/'));
      const base = at === 1 ? `/subscriptions/${texts[0]}` : subscription;
      return `${base}${resourcePath(texts[at] ?? '', texts.slice(at + 1))}`;
    }
    case 'tenantresourceid':
      return resourcePath(texts[0] ?? '', texts.slice(1));
    case 'extensionresourceid':
      return `${texts[0]}${resourcePath(texts[1] ?? '', texts.slice(2))}`;
    case 'reference':
      if (!scope.reference) throw bad("'reference' can't stand here: it reads a resource, and none is there yet.");
      return scope.reference(texts[0] ?? '', texts[1], texts[2]?.toLowerCase() === 'full');
  }
  if (/^list\w+$/i.test(name)) {
    if (!scope.list) throw bad(`'${name}' can't stand here: it asks a resource, and none is there yet.`);
    return scope.list(name, texts[0] ?? '', texts[1] ?? '');
  }
  throw bad(`not implemented: the template function '${name}'.`);
}

/** The text of a field that is an expression or not. @throws invalid for another value */
export async function evaluateText(object: unknown, name: string, scope: TemplateScope): Promise<string | undefined> {
  const value = await evaluateValue(fieldOf(object, name), scope);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string')
    throw bad(`'${name}' of a resource must be a text, not ${JSON.stringify(value).slice(0, 80)}.`);
  return value;
}
