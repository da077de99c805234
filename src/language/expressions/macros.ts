/** Longer text between `$(` and `)` can't be a variable's name; keeps a hostile input linear. */
const longestName = 1000;
const deepest = 50;
/** Characters that one recursive expansion may make in all, so that variables which multiply each other end somewhere. */
const largestExpansion = 16 * 1024 * 1024;
const mostReferences = 100_000;

/**
 * Replaces `$(name)` in one scan, as the agent does before a step: from `$(` to the next `)`; what `lookup` knows is replaced
 * and not scanned again; for what it doesn't know the scan moves on by one character, so that in `$(az -g $(group))` the
 * unknown outer text stays and the inner macro is replaced.
 */
export function expandMacros(text: string, lookup: (name: string) => string | undefined): string {
  let result = '';
  let copied = 0;
  let close = -1;
  for (let open = text.indexOf('$('); open >= 0; ) {
    if (close < open + 2) close = text.indexOf(')', open + 2);
    if (close < 0) break;
    const value = close - open > 2 && close - open <= longestName ? lookup(text.slice(open + 2, close)) : undefined;
    if (value === undefined) {
      open = text.indexOf('$(', open + 1);
      continue;
    }
    result += text.slice(copied, open) + value;
    copied = close + 1;
    open = text.indexOf('$(', copied);
  }
  return result + text.slice(copied);
}

/** A variable's value and whether it is a secret. */
export type MacroVariable = { readonly value: string; readonly isSecret?: boolean };

/**
 * Recomputes every variable's value: references to others are followed recursively, ignoring case, at most 50 levels deep. A
 * cycle, an unknown name or an excess stays as written. A value that holds a secret's value becomes secret.
 * @returns the same names with their new values; other fields are kept
 */
export function expandVariables<T extends MacroVariable>(variables: Readonly<Record<string, T>>): Record<string, T> {
  const byName = new Map(Object.entries(variables).map(([name, variable]) => [name.toLowerCase(), variable]));
  const finished = new Map<string, { value: string; isSecret: boolean }>();
  const stack: string[] = [];
  let made = 0;
  let references = 0;

  const expand = (key: string, variable: T): { value: string; isSecret: boolean; whole: boolean } => {
    const known = finished.get(key);
    if (known) return { ...known, whole: true };
    let isSecret = variable.isSecret ?? false;
    // Whether every reference could be followed: only such a result is the same wherever it's asked from.
    let whole = true;
    stack.push(key);
    const value = expandMacros(variable.value, (name) => {
      const next = name.toLowerCase();
      const target = byName.get(next);
      if (!target) return undefined;
      if (stack.includes(next) || stack.length >= deepest || ++references > mostReferences) {
        whole = false;
        return undefined;
      }
      const inner = expand(next, target);
      whole &&= inner.whole;
      made += inner.value.length;
      if (made > largestExpansion) {
        whole = false;
        return undefined;
      }
      isSecret ||= inner.isSecret;
      return inner.value;
    });
    stack.pop();
    if (whole) finished.set(key, { value, isSecret });
    return { value, isSecret, whole };
  };

  return Object.fromEntries(
    Object.entries(variables).map(([name, variable]) => {
      const { value, isSecret } = expand(name.toLowerCase(), variable);
      return [name, isSecret ? { ...variable, value, isSecret } : { ...variable, value }];
    }),
  );
}
