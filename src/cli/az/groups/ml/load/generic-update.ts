import type { Args, Argument } from '../../../command.ts';
import { commandError, usageError } from '../../../errors.ts';

const words = (name: string, option: string, help: string): Argument => ({
  name,
  options: [option],
  kind: 'pairs',
  literal: true,
  help,
});

/** What every `update` takes in az to change what it has read (documented). */
export const updateArguments: readonly Argument[] = [
  words(
    'set',
    '--set',
    'Update an object by specifying a property path and value to set. Example: --set property1.property2=<value>.',
  ),
  words(
    'add',
    '--add',
    'Add an object to a list of objects by specifying a path and key value pairs. Example: --add property.listProperty <key=value, string or JSON string>.',
  ),
  words(
    'remove',
    '--remove',
    'Remove a property or an element from a list. Example: --remove property.list <indexToRemove> OR --remove propertyToRemove.',
  ),
  {
    name: 'force_string',
    options: ['--force-string'],
    kind: 'flag',
    help: "When using 'set' or 'add', preserve string literals instead of attempting to convert to JSON.",
  },
];

type Level = Record<string, unknown> | unknown[];

/**
 * Changes an object as az's `--set`, `--add` and `--remove` do: paths of dots, `[0]` for an item of a list, `[name=x]` for the
 * item that has it; values are JSON where they parse as it (client source).
 * @returns the changed copy
 * @throws usage errors for words that are no change, errors that name the part of a path that isn't there
 */
export function applyUpdates(original: Record<string, unknown>, args: Args): Record<string, unknown> {
  const data = structuredClone(original);
  const value = (text: string) => (args.flag('force_string') ? text : parsed(text));
  for (const word of args.list('set') ?? []) {
    // An equals sign in brackets belongs to the path: rules[name=x].port=80.
    const at = /^(?:[^=[]|\[[^\]]*\])+/.exec(word)?.[0].length ?? 0;
    if (at < 1 || word[at] !== '=') throw usageError(`--set takes property.path=value, found '${word}'.`);
    const { level, key } = place(data, word.slice(0, at), true);
    setMember(level, key, value(word.slice(at + 1)), word);
  }
  const added = args.list('add');
  if (added) add(data, added, value);
  const removed = args.list('remove');
  if (removed) remove(data, removed);
  return data;
}

function add(data: Record<string, unknown>, [path, ...rest]: readonly string[], value: (text: string) => unknown) {
  if (path === undefined || rest.length === 0)
    throw usageError('--add takes the path of a list and what to add: --add property.list key=value.');
  const { level, key } = place(data, path, true);
  const before = member(level, key);
  const list = before ?? [];
  if (!Array.isArray(list)) throw commandError(`--add ${path}: this is no list.`);
  const pairs = rest.filter((word) => /^[\w.-]+=/.test(word));
  if (pairs.length === rest.length) {
    const at = (word: string) => word.indexOf('=');
    list.push(Object.fromEntries(pairs.map((word) => [word.slice(0, at(word)), value(word.slice(at(word) + 1))])));
  } else for (const word of rest) list.push(value(word));
  setMember(level, key, list, path);
}

function remove(data: Record<string, unknown>, [path, index]: readonly string[]) {
  if (path === undefined)
    throw usageError('--remove takes the path of a property, or of a list and an index: --remove property.list 0.');
  const { level, key } = place(data, index === undefined ? path : `${path}[${index}]`, false);
  if (member(level, key) === undefined) throw missing(path, key, level);
  if (Array.isArray(level)) level.splice(indexOf(level, key) ?? level.length, 1);
  else delete level[key];
}

/** JSON, or Python's own words for what JSON has; else the text itself. */
function parsed(text: string): unknown {
  const words: Readonly<Record<string, unknown>> = { True: true, False: false, None: null };
  if (Object.hasOwn(words, text)) return words[text];
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function place(data: Record<string, unknown>, path: string, make: boolean): { level: Level; key: string } {
  const keys = path.replace(/\.?\[/g, '.[').split(/\.(?![^[]*\])/);
  let level: Level = data;
  for (const [at, key] of keys.entries()) {
    if (['__proto__', 'constructor', 'prototype', ''].includes(key)) throw usageError(`'${path}' is no property path.`);
    if (at === keys.length - 1) return { level, key };
    let next: unknown = member(level, key);
    if ((next === undefined || next === null) && make && !Array.isArray(level)) next = level[key] = {};
    if (typeof next !== 'object' || next === null) throw missing(path, key, level);
    level = next as Level;
  }
  throw usageError(`'${path}' is no property path.`);
}

function member(level: Level, key: string): unknown {
  if (!Array.isArray(level)) return Object.hasOwn(level, key) ? level[key] : undefined;
  const index = indexOf(level, key);
  return index === undefined ? undefined : level[index];
}

function setMember(level: Level, key: string, value: unknown, path: string): void {
  if (!Array.isArray(level)) {
    level[key] = value;
    return;
  }
  const index = indexOf(level, key);
  if (index === undefined) throw missing(path, key, level);
  level[index] = value;
}

function indexOf(list: readonly unknown[], key: string): number | undefined {
  const [, name, wanted] = /^\[([^=\]]+)=(.*)\]$/.exec(key) ?? [];
  if (name !== undefined) {
    const found = list.findIndex(
      (item) => typeof item === 'object' && item !== null && String((item as Record<string, unknown>)[name]) === wanted,
    );
    return found < 0 ? undefined : found;
  }
  const number = Number(/^\[(-?\d+)\]$/.exec(key)?.[1] ?? Number.NaN);
  const index = number < 0 ? list.length + number : number;
  return index >= 0 && index < list.length ? index : undefined;
}

function missing(path: string, key: string, level: Level) {
  const there = Array.isArray(level) ? `a list of ${level.length}` : Object.keys(level).join(', ') || 'nothing';
  return commandError(`Couldn't find '${key}' in '${path}'. Available there: ${there}.`);
}

/** Tags and properties hold text: `--set tags.n=1` is the text 1. @throws for what is no mapping */
export function textMembers(value: unknown, key: string): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    if (value === undefined || value === null) return {};
    throw commandError(`${key}: not a mapping of names to text.`);
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, typeof one === 'string' ? one : JSON.stringify(one)]),
  );
}
