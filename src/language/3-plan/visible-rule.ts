const comparison = /^\s*(\w+)\s*(==?|!=)\s*(.*?)\s*$/;

/**
 * Evaluates the `visibleRule` of a task's input: comparisons of other inputs, joined by `&&`, which binds tighter, and `||`.
 * @param value the text of an input by its name in any case, its default filled in
 * @returns undefined where it cannot be told: a comparison that can't be read, or one of a value that still holds a macro
 */
export function ruleHolds(rule: string | undefined, value: (name: string) => string): boolean | undefined {
  if (!rule?.trim()) return true;
  const alternatives = rule.split('||').map((alternative) => {
    const terms = alternative.split('&&').map((term) => termHolds(term, value));
    return terms.includes(false) ? false : terms.includes(undefined) ? undefined : true;
  });
  return alternatives.includes(true) ? true : alternatives.includes(undefined) ? undefined : false;
}

/** The names of the inputs that a rule compares; undefined for a rule that can't be read. */
export function namesInRule(rule: string): string[] | undefined {
  const names = rule.split(/&&|\|\|/).map((term) => comparison.exec(term)?.[1]);
  return names.every((name) => name !== undefined) ? names : undefined;
}

function termHolds(term: string, value: (name: string) => string): boolean | undefined {
  const [, name, operator, wanted] = comparison.exec(term) ?? [];
  if (name === undefined || wanted === undefined) return undefined;
  const actual = value(name);
  if (actual.includes('$(') || actual.includes('$[')) return undefined;
  return (actual.toLowerCase() === wanted.toLowerCase()) === (operator !== '!=');
}
