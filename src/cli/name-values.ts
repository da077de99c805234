import { UsageError } from './arguments.ts';

/**
 * Reads `name=value` pairs as `--variable` and `--parameter` take them; a value may hold `=`.
 * @throws UsageError when a pair has no name or no `=`
 */
export function nameValues(option: string, pairs: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals <= 0) throw new UsageError(`--${option} needs NAME=VALUE, not '${pair}'`, 'run');
    found[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return found;
}

/**
 * Reads `--group GROUP:NAME=VALUE`: values of variable groups, by the group's name. A group's name may hold `:`, a value anything.
 * @throws UsageError when a part is missing
 */
export function groupValues(given: readonly string[]): Record<string, Record<string, { readonly value: string }>> {
  const found: Record<string, Record<string, { readonly value: string }>> = {};
  for (const one of given) {
    const equals = one.indexOf('=');
    const colon = one.lastIndexOf(':', equals);
    if (equals < 0 || colon <= 0 || colon === equals - 1)
      throw new UsageError(`--group needs GROUP:NAME=VALUE, not '${one}'`, 'run');
    const group = one.slice(0, colon);
    found[group] = { ...found[group], [one.slice(colon + 1, equals)]: { value: one.slice(equals + 1) } };
  }
  return found;
}

/**
 * Reads `--secret NAME=VALUE` and `--secret NAME`; the second takes the value from the environment variable of that name, which
 * keeps it out of the shell's history and the process list.
 * @throws UsageError when the variable isn't set; the message never holds a value
 */
export function secretValues(
  pairs: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    if (name === '') throw new UsageError('--secret needs NAME or NAME=VALUE', 'run');
    const value = equals < 0 ? env[name] : pair.slice(equals + 1);
    if (value === undefined) {
      throw new UsageError(
        `--secret ${name}: the environment variable ${name} is not set. Set it, or write ${name}=VALUE`,
        'run',
      );
    }
    found[name] = value;
  }
  return found;
}
