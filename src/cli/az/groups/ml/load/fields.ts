import { editDistance } from '../../../../../kernel/edit-distance.ts';
import { placeOf } from './yaml-file.ts';
import type { YamlMap } from './yaml-value.ts';

/** One thing wrong with a YAML file. `path` is dotted, `place` is `file:line:column` where it is known. */
export type Problem = {
  readonly path: string;
  readonly message: string;
  readonly value?: unknown;
  readonly place?: string;
};

/** Gathers what is wrong, so that a user sees all of it at once. */
export type Problems = {
  add(path: string, message: string, where?: { map: object; key: string }, value?: unknown): void;
  /** Takes over one that was found elsewhere. */
  take(problem: Problem): void;
  readonly all: readonly Problem[];
  /** Notes what is nothing wrong to the clients, and yet does nothing. */
  remark(remark: Problem): void;
  readonly remarks: readonly Problem[];
};

export function gatherProblems(): Problems {
  const all: Problem[] = [];
  const remarks: Problem[] = [];
  return {
    all,
    remarks,
    remark: (remark) => void remarks.push(remark),
    take: (problem) => void all.push(problem),
    add(path, message, where, value) {
      const place = where && placeOf(where.map, where.key);
      all.push({ path, message, ...(value === undefined ? {} : { value }), ...(place ? { place } : {}) });
    },
  };
}

/** Whether a key that nobody knows is refused. The clients let it pass in components, nodes and settings (client source); what looks misspelt is refused there, too. */
export type UnknownKeys = 'refused' | 'remarked';

/** Checks a mapping's keys against those an entity knows. `$schema` is always allowed (client source). */
export function checkKeys(
  map: YamlMap,
  known: readonly string[],
  path: string,
  problems: Problems,
  unknown: UnknownKeys = 'refused',
): void {
  for (const key of Object.keys(map)) {
    if (key === '$schema' || known.includes(key)) continue;
    const near = known.filter((one) => editDistance(one, key) <= 2);
    const full = path ? `${path}.${key}` : key;
    if (unknown === 'remarked' && near.length === 0) {
      const place = placeOf(map, key);
      problems.remark({ path: full, message: 'Unknown field: it does nothing.', ...(place ? { place } : {}) });
      continue;
    }
    const hint = near.length ? ` Did you mean '${near.join("', '")}'?` : '';
    problems.add(full, `Unknown field.${hint}`, { map, key }, map[key]);
  }
}

/** Checks that a mapping has what it must have. What is missing has no place, so the mapping's first key tells where it belongs. */
export function checkRequired(map: YamlMap, keys: readonly string[], path: string, problems: Problems): void {
  const [first] = Object.keys(map);
  for (const key of keys) {
    if (map[key] === undefined || map[key] === null) {
      problems.add(
        path ? `${path}.${key}` : key,
        'Missing data for required field.',
        first === undefined ? undefined : { map, key: first },
      );
    }
  }
}

/** The text of all problems, one a line. */
export function describeProblems(file: string, what: string, problems: readonly Problem[]): string {
  const lines = problems.map((problem) => `  ${problem.place ?? file}: ${problem.path}: ${problem.message}`);
  return `${file} is not a valid ${what}:\n${lines.join('\n')}`;
}

/** A remark as a warning has it. */
export function describeRemark(file: string, { place, path, message }: Problem): string {
  return `${place ?? file}: ${path}: ${message}`;
}
