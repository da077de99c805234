const longest = 100;

export const nameRule = "Valid names may only contain alphanumeric characters and '_' and may not start with a number.";

/** Whether a name can stand for a stage, a job or a step. */
export function isName(name: string): boolean {
  return name.length <= longest && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** Names for items without one: a prefix with the first number that is free. */
export function nameItems(written: readonly string[], prefix: string): string[] {
  const taken = new Set(written.map((name) => name.toLowerCase()));
  let number = 1;
  return written.map((name) => {
    if (name !== '') return name;
    while (taken.has(`${prefix}${number}`.toLowerCase())) number++;
    return `${prefix}${number++}`;
  });
}

/** A named thing and whether the name can stand, or was taken before, ignoring case. Empty names are left out. */
export type NameFault = { readonly index: number; readonly name: string; readonly kind: 'invalid' | 'taken' };

/** The faults of a list of written names, in their order. */
export function judgeNames(written: readonly string[]): NameFault[] {
  const taken = new Set<string>();
  return written.flatMap((name, index): NameFault[] => {
    if (name === '') return [];
    if (!isName(name)) return [{ index, name, kind: 'invalid' }];
    if (taken.has(name.toLowerCase())) return [{ index, name, kind: 'taken' }];
    taken.add(name.toLowerCase());
    return [];
  });
}
