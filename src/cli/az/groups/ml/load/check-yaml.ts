import { commandError } from '../../../errors.ts';
import { describeProblems, gatherProblems } from './fields.ts';
import { checkShape, type Shape } from './shape.ts';
import type { YamlMap } from './yaml-value.ts';

/** Checks a mapping whole against a shape. @throws one error that names every problem: its key, its place, what was expected */
export function checkYaml(data: YamlMap, shape: Shape, file: string, what: string): void {
  const problems = gatherProblems();
  checkShape(data, shape, '', problems);
  if (problems.all.length) throw commandError(describeProblems(file, what, problems.all));
}
