import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { editDistance } from '../../kernel/edit-distance.ts';
import type { Args, Argument } from './command.ts';
import type { Config } from './config.ts';
import { usageError } from './errors.ts';

export const OUTPUT_FORMATS = ['json', 'jsonc', 'none', 'table', 'tsv', 'yaml', 'yamlc'] as const;

/** What every command takes besides its own. */
export const GLOBAL_ARGUMENTS: readonly Argument[] = [
  { name: 'debug', options: ['--debug'], kind: 'flag', help: 'Increase logging verbosity to show all debug logs.' },
  { name: 'help', options: ['--help', '-h'], kind: 'flag', help: 'Show this help message and exit.' },
  {
    name: 'only_show_errors',
    options: ['--only-show-errors'],
    kind: 'flag',
    help: 'Only show errors, suppressing warnings.',
  },
  {
    name: 'output',
    options: ['--output', '-o'],
    kind: 'value',
    choices: OUTPUT_FORMATS,
    help: 'Output format. Default: json.',
  },
  { name: 'query', options: ['--query'], kind: 'value', literal: true, help: 'JMESPath query string.' },
  {
    name: 'subscription',
    options: ['--subscription'],
    kind: 'value',
    help: 'Name or ID of subscription.',
  },
  { name: 'verbose', options: ['--verbose'], kind: 'flag', help: 'Increase logging verbosity.' },
];

type Parsed = {
  readonly values: Map<string, string>;
  readonly lists: Map<string, string[]>;
  readonly flags: Set<string>;
};

/**
 * Parses what follows the command's words, by az's rules: `--opt value`, `--opt=value`, `-ovalue`, several values after one
 * option, `@file` for a value, unambiguous prefixes of long options, `--` before positional values.
 * @param own the command's arguments; the global ones are added
 * @param words argv after the command
 * @throws usage errors (exit 2): unknown or ambiguous option, missing value, bad choice, missing required argument
 */
export function parseArguments(own: readonly Argument[], words: readonly string[], config: Config, cwd: string): Args {
  const all = [...own, ...GLOBAL_ARGUMENTS.filter((global) => !own.some((argument) => argument.name === global.name))];
  const parsed: Parsed = { values: new Map(), lists: new Map(), flags: new Set() };
  const positional = all.filter((argument) => argument.options.length === 0);
  const loose: string[] = [];
  let onlyPositional = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (onlyPositional || !isOption(word)) {
      loose.push(word);
      continue;
    }
    if (word === '--') {
      onlyPositional = true;
      continue;
    }
    const { argument, option, inline } = findOption(all, word);
    if (argument.kind === 'flag') {
      if (inline !== undefined) throw usageError(`argument ${label(argument)}: ignored explicit argument '${inline}'`);
      parsed.flags.add(argument.name);
      continue;
    }
    const values = inline === undefined ? [] : [inline];
    const most = argument.kind === 'value' ? 1 : Number.POSITIVE_INFINITY;
    if (inline === undefined) {
      while (values.length < most && at + 1 < words.length && !isOption(words[at + 1] ?? ''))
        values.push(words[++at] ?? '');
    }
    if (values.length === 0 && argument.bare !== undefined) values.push(argument.bare);
    if (values.length === 0 && argument.kind !== 'pairs') {
      const expected = argument.kind === 'value' ? 'expected one argument' : 'expected at least one argument';
      throw usageError(`argument ${label(argument) || option}: ${expected}`);
    }
    store(parsed, argument, values, cwd);
  }
  placePositionals(parsed, positional, loose, cwd);
  const args = finish(parsed, all, config);
  if (!args.flag('help')) requireAll(all, parsed, args);
  return args;
}

function isOption(word: string): boolean {
  // A negative number is a value, as argparse has it; a lone dash is one too.
  return word.startsWith('-') && word.length > 1 && !/^-\d+(\.\d*)?$|^-\.\d+$/.test(word) && !word.includes(' ');
}

function findOption(all: readonly Argument[], word: string) {
  const exact = all.find((argument) => argument.options.includes(word));
  if (exact) return { argument: exact, option: word, inline: undefined };
  if (word.startsWith('--')) {
    const equals = word.indexOf('=');
    const option = equals < 0 ? word : word.slice(0, equals);
    const inline = equals < 0 ? undefined : word.slice(equals + 1);
    const whole = all.find((argument) => argument.options.includes(option));
    if (whole) return { argument: whole, option, inline };
    const matches = all.flatMap((argument) =>
      argument.options.filter((one) => one.startsWith(option)).map((one) => ({ argument, one })),
    );
    const distinct = new Set(matches.map((match) => match.argument));
    if (distinct.size > 1) {
      throw usageError(`ambiguous option: ${word} could match ${matches.map((match) => match.one).join(', ')}`);
    }
    if (matches[0]) return { argument: matches[0].argument, option: matches[0].one, inline };
  } else {
    const short = all.find((argument) => argument.options.includes(word.slice(0, 2)));
    if (short) {
      const rest = word.slice(2);
      return { argument: short, option: word.slice(0, 2), inline: rest.startsWith('=') ? rest.slice(1) : rest };
    }
  }
  throw usageError(`unrecognized arguments: ${word}`, suggestions(all, word));
}

function suggestions(all: readonly Argument[], word: string): string[] {
  const option = word.split('=', 1)[0] ?? word;
  const near = all
    .filter((argument) => !argument.hidden)
    .flatMap((argument) => argument.options)
    .filter(
      (one) => one.startsWith('--') && (one.includes(option.replace(/^-+/, '')) || editDistance(one, option) <= 3),
    );
  return near.length ? [`Did you mean: ${near.join(', ')}`] : [];
}

function store(parsed: Parsed, argument: Argument, raw: readonly string[], cwd: string): void {
  const values = raw.map((value) => checkChoice(argument, argument.literal ? value : readAtFile(value, cwd)));
  if (argument.kind === 'value') parsed.values.set(argument.name, values[0] ?? '');
  else if (argument.kind === 'pairs') {
    parsed.lists.set(argument.name, [...(parsed.lists.get(argument.name) ?? []), ...values]);
  } else parsed.lists.set(argument.name, values);
}

function checkChoice(argument: Argument, value: string): string {
  if (!argument.choices) return value;
  const found = argument.choices.find((choice) => choice.toLowerCase() === value.toLowerCase());
  if (found) return found;
  const near = argument.choices.filter((choice) => editDistance(choice, value.toLowerCase()) <= 3);
  throw usageError(
    `'${value}' is not a valid value for '${argument.options[0] ?? argument.name}'. Allowed values: ${argument.choices.join(', ')}.`,
    [...(near.length ? [`Did you mean '${near.join("', '")}' ?`] : [])],
  );
}

/** `@file` stands for the file's text, `@-` for standard input; a trailing line break is dropped, as az does. */
function readAtFile(value: string, cwd: string): string {
  if (!value.startsWith('@') || value === '@') return value;
  const path = value.slice(1);
  try {
    const source = path === '-' ? 0 : isAbsolute(path) ? path : join(cwd, path);
    return readFileSync(source, 'utf8')
      .replace(/^\uFEFF/, '')
      .replace(/\r?\n$/, '');
  } catch (cause) {
    throw usageError(`Failed to open file '${path}': ${(cause as Error).message}`);
  }
}

function placePositionals(parsed: Parsed, positional: readonly Argument[], loose: string[], cwd: string): void {
  for (const argument of positional) {
    if (loose.length === 0) return;
    store(parsed, argument, argument.kind === 'value' ? loose.splice(0, 1) : loose.splice(0), cwd);
  }
  if (loose.length) throw usageError(`unrecognized arguments: ${loose.join(' ')}`);
}

function finish(parsed: Parsed, all: readonly Argument[], config: Config): Args {
  for (const argument of all) {
    if (!argument.configured || parsed.values.has(argument.name)) continue;
    const fallback = config.get('defaults', argument.configured);
    if (fallback) parsed.values.set(argument.name, fallback);
  }
  return {
    text: (name) => parsed.values.get(name),
    need(name) {
      const value = parsed.values.get(name);
      if (value === undefined) throw usageError(`the following arguments are required: ${name}`);
      return value;
    },
    flag: (name) => parsed.flags.has(name),
    list: (name) => parsed.lists.get(name),
  };
}

function requireAll(all: readonly Argument[], parsed: Parsed, args: Args): void {
  const missing = all.filter(
    (argument) =>
      argument.required &&
      args.text(argument.name) === undefined &&
      !parsed.lists.has(argument.name) &&
      !args.flag(argument.name),
  );
  if (missing.length === 0) return;
  throw usageError(`the following arguments are required: ${missing.map(label).join(', ')}`);
}

/** How az names an argument in its messages: all its spellings, the long ones first. */
export function label(argument: Argument): string {
  if (argument.options.length === 0) return argument.name.toUpperCase();
  return argument.options.join('/');
}
