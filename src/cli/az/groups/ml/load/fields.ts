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
};

export function gatherProblems(): Problems {
  const all: Problem[] = [];
  return {
    all,
    take: (problem) => void all.push(problem),
    add(path, message, where, value) {
      const place = where && placeOf(where.map, where.key);
      all.push({ path, message, ...(value === undefined ? {} : { value }), ...(place ? { place } : {}) });
    },
  };
}

/** Checks a mapping's keys against those an entity knows. `$schema` is always allowed (client source). */
export function checkKeys(map: YamlMap, known: readonly string[], path: string, problems: Problems): void {
  for (const key of Object.keys(map)) {
    if (key === '$schema' || known.includes(key)) continue;
    const near = known.filter((one) => editDistance(one, key) <= 2);
    const hint = near.length ? ` Did you mean '${near.join("', '")}'?` : '';
    problems.add(path ? `${path}.${key}` : key, `Unknown field.${hint}`, { map, key }, map[key]);
  }
}

/** Checks that a mapping has what it must have. */
export function checkRequired(map: YamlMap, keys: readonly string[], path: string, problems: Problems): void {
  for (const key of keys) {
    if (map[key] === undefined || map[key] === null) {
      problems.add(path ? `${path}.${key}` : key, 'Missing data for required field.');
    }
  }
}

/** The text of all problems, one a line. */
export function describeProblems(file: string, what: string, problems: readonly Problem[]): string {
  const lines = problems.map((problem) => `  ${problem.place ?? file}: ${problem.path}: ${problem.message}`);
  return `${file} is not a valid ${what}:\n${lines.join('\n')}`;
}
