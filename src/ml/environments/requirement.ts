/** A Python package as pip names it, and the versions that are wanted of it. */
export type Requirement = {
  /** As PEP 503 compares names: lower case, runs of `-_.` as one `-`. */
  readonly name: string;
  /** `~=1.5.3`, `>=1,<2`; empty when any version will do. */
  readonly specifier: string;
  readonly text: string;
};

/** Reads one requirement line; undefined for URLs, markers and whatever else has no plain version range. */
export function parseRequirement(text: string): Requirement | undefined {
  const match = /^([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?:\(([^)]*)\)|([^;@#]*))\s*(?:;.*)?$/.exec(text.trim());
  if (!match || /@/.test(text)) return undefined;
  const specifier = (match[2] ?? match[3] ?? '').replaceAll(/\s+/g, '');
  if (specifier !== '' && !clausesOf(specifier).every((clause) => clause !== undefined)) return undefined;
  return { name: canonicalName(match[1] as string), specifier, text: text.trim() };
}

export function canonicalName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}

type Clause = { readonly operator: string; readonly version: string };

function clausesOf(specifier: string): (Clause | undefined)[] {
  return specifier
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^(===|==|~=|!=|>=|<=|>|<)\s*v?([0-9][\w.+!*-]*)$/.exec(part.trim());
      return match ? { operator: match[1] as string, version: match[2] as string } : undefined;
    });
}

/**
 * Whether a released version lies in a range, by PEP 440's rules for release numbers (pre-releases and local parts are not looked at).
 * @param specifier `~=1.5.3`, `>=3.8,<3.12`, `==3.10.*`; empty accepts everything
 */
export function satisfies(version: string, specifier: string): boolean {
  return clausesOf(specifier).every((clause) => {
    if (!clause) return false;
    const wanted = clause.version.replace(/\.\*$/, '');
    const order = compareVersions(version, wanted);
    const prefix = startsWith(version, wanted);
    switch (clause.operator) {
      case '==':
      case '===':
        return clause.version.endsWith('.*') ? prefix : order === 0;
      case '!=':
        return clause.version.endsWith('.*') ? !prefix : order !== 0;
      case '~=':
        return order >= 0 && startsWith(version, wanted.split('.').slice(0, -1).join('.'));
      case '>=':
        return order >= 0;
      case '<=':
        return order <= 0;
      case '>':
        return order > 0;
      default:
        return order < 0;
    }
  });
}

/** Orders two release numbers; missing places count as zero. Below, at or above zero, as sort wants it. */
export function compareVersions(a: string, b: string): number {
  const left = numbersOf(a);
  const right = numbersOf(b);
  for (let place = 0; place < Math.max(left.length, right.length); place++) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function startsWith(version: string, prefix: string): boolean {
  const numbers = numbersOf(version);
  return numbersOf(prefix).every((number, place) => (numbers[place] ?? 0) === number);
}

function numbersOf(version: string): number[] {
  return (/^\d+(?:\.\d+)*/.exec(version)?.[0] ?? '0').split('.').map(Number);
}

/**
 * The range that begins where this one does and has no end: where the wanted versions have no wheels for an interpreter, the nearest above is
 * looked for. Undefined when the range has no lower end (then any version will do already).
 */
export function openUpwards(requirement: Requirement): string | undefined {
  const lower = clausesOf(requirement.specifier).find(
    (clause) => clause && ['==', '===', '~=', '>='].includes(clause.operator),
  );
  return lower ? `${requirement.name}>=${lower.version.replace(/\.\*$/, '')}` : undefined;
}
