import { nearest } from '../kernel/nearest.ts';
import type { Arguments, CommandDefinition, OptionDefinition } from './command.ts';

/** Arguments that don't fit; the message is for the user, the exit code 2. */
export class UsageError extends Error {
  /** The command whose help shows the way, if known. */
  readonly command: string | undefined;

  constructor(message: string, command?: string) {
    super(message);
    this.name = 'UsageError';
    this.command = command;
  }
}

/** Whether a flag was given. */
export function flag(parsed: Arguments, name: string): boolean {
  return parsed.values.has(name);
}

/** An option's last value, or undefined. */
export function value(parsed: Arguments, name: string): string | undefined {
  return parsed.values.get(name)?.at(-1);
}

/** All values of a repeatable option. */
export function values(parsed: Arguments, name: string): readonly string[] {
  return parsed.values.get(name) ?? [];
}

/**
 * Reads the arguments after a command's name: options anywhere, `--` ends them.
 * @throws UsageError that names the argument and the nearest option there is
 */
export function parseArguments(definition: CommandDefinition, argv: readonly string[]): Arguments {
  if (definition.raw) return { positionals: [], values: new Map(), raw: argv };
  const options = definition.options ?? [];
  const found = new Map<string, string[]>();
  const positionals: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] as string;
    if (argument === '--') {
      positionals.push(...argv.slice(at + 1));
      break;
    }
    if (!argument.startsWith('-') || argument === '-') {
      positionals.push(argument);
      continue;
    }
    const equals = argument.startsWith('--') ? argument.indexOf('=') : -1;
    const written = equals < 0 ? argument : argument.slice(0, equals);
    const option = options.find((one) => written === `--${one.name}` || (one.short && written === `-${one.short}`));
    if (!option) throw new UsageError(unknownOption(written, options), definition.name);
    let text = '';
    if (option.value !== undefined) {
      const next = equals < 0 ? argv[++at] : argument.slice(equals + 1);
      if (next === undefined)
        throw new UsageError(`${written} needs a value: ${written} ${option.value}`, definition.name);
      text = next;
    } else if (equals >= 0) {
      throw new UsageError(`${written} is a switch and takes no value`, definition.name);
    }
    if (option.choices && !option.choices.includes(text)) {
      throw new UsageError(`${written} must be one of ${option.choices.join(', ')}, not '${text}'`, definition.name);
    }
    const before = found.get(option.name) ?? [];
    if (before.length > 0 && option.value !== undefined && !option.repeatable) {
      throw new UsageError(`${written} was given twice`, definition.name);
    }
    found.set(option.name, [...before, text]);
  }
  checkPositionals(definition, positionals);
  return { positionals, values: found, raw: argv };
}

function checkPositionals(definition: CommandDefinition, positionals: readonly string[]): void {
  const wanted = definition.positionals ?? [];
  const missing = wanted.filter((one) => one.required)[positionals.length];
  if (missing) throw new UsageError(`${missing.name} is missing: ${missing.summary}`, definition.name);
  const extra = positionals[wanted.length];
  if (extra !== undefined) {
    const takes = wanted.length === 0 ? 'no argument' : `at most ${wanted.map((one) => one.name).join(' ')}`;
    throw new UsageError(
      `'${extra}' is one argument too many: 'millrace ${definition.name}' takes ${takes}`,
      definition.name,
    );
  }
}

function unknownOption(written: string, options: readonly OptionDefinition[]): string {
  const near = nearest(
    written,
    options.map((option) => `--${option.name}`),
  );
  return `unknown option ${written}${near ? `; did you mean ${near}?` : ''}`;
}
