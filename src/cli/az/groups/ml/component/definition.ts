import { COMMAND_COMPONENT, COMPONENT, PIPELINE_COMPONENT, RESOURCES } from '../job/keys.ts';
import { checkNodes } from '../job/node-definition.ts';
import { checkMiniBatch, checkParallel, PARALLEL } from '../job/parallel-definition.ts';
import { checkSpark, SPARK } from '../job/spark-definition.ts';
import { localCode } from '../job/submission.ts';
import { checkRequired, gatherProblems, type Problems } from '../load/fields.ts';
import { any, checkShape, listOf, shaped, texts } from '../load/shape.ts';
import { loadYamlFile } from '../load/yaml-file.ts';
import { pythonText, type YamlMap } from '../load/yaml-value.ts';
import { wrongInclude } from '../upload/additional-includes.ts';
import { checkCommand, checkInterface } from './interface.ts';
import type { InlineComponent, LocalComponent } from './local-component.ts';

const DEEPEST = 16;

/** What a component's file holds, by its type. */
const SHAPES = {
  command: COMMAND_COMPONENT,
  pipeline: PIPELINE_COMPONENT,
  parallel: { ...COMPONENT, ...PARALLEL, resources: shaped(RESOURCES), environment_variables: texts },
  spark: { ...COMPONENT, ...SPARK, additional_includes: listOf(any) },
} as const;

/**
 * Loads and checks a component file and the files it names, or one that is written into a node. Problems are gathered, a missing
 * file is thrown.
 */
export function loadComponent(
  named: string | InlineComponent,
  folder: string,
  problems: Problems,
  depth = 0,
): LocalComponent {
  if (typeof named !== 'string') return checkInline(named, folder, problems, depth);
  const file = loadYamlFile(named.replace(/^file:/, ''), folder, 'component');
  return checkComponent(file.file, file.folder, file.data, problems, depth);
}

/** Checks a component that is written into a node. It needs no name: it is registered without one (recorded). */
function checkInline(
  { path, data, type }: InlineComponent,
  folder: string,
  problems: Problems,
  depth: number,
): LocalComponent {
  const own = gatherProblems();
  const typed = data['type'] === undefined || data['type'] === null ? Object.assign(data, { type }) : data;
  const component = checkComponent(path, folder, typed, own, depth, []);
  for (const problem of own.all) problems.take({ ...problem, path: problem.path ? `${path}.${problem.path}` : path });
  for (const remark of own.remarks) problems.remark({ ...remark, path: `${path}.${remark.path}` });
  return { ...component, inline: true };
}

function checkIncludes(data: YamlMap, folder: string, problems: Problems): void {
  const all = data['additional_includes'];
  if (!Array.isArray(all)) return;
  const code = localCode(data['code']);
  const where = { map: data, key: 'additional_includes' };
  for (const [at, include] of all.entries()) {
    const path = `additional_includes[${at}]`;
    if (typeof include !== 'string')
      problems.add(path, 'not implemented: an artifact of a feed as an additional include. Paths work.', where);
    else {
      const wrong = wrongInclude(include, folder, code === false ? undefined : code);
      if (wrong) problems.add(path, wrong, where, include);
    }
  }
}

/** Checks a loaded component. */
export function checkComponent(
  file: string,
  folder: string,
  data: YamlMap,
  problems: Problems,
  depth = 0,
  needed: readonly string[] = ['name'],
): LocalComponent {
  const type = pythonText(data['type'] ?? 'command').toLowerCase();
  if (type !== 'command' && type !== 'pipeline' && type !== 'parallel' && type !== 'spark') {
    const word = 'components of this type. Command, pipeline, parallel and Spark components work.';
    problems.add('type', `not implemented: ${type} ${word}`, { map: data, key: 'type' }, type);
    return { kind: 'command', file, folder, data, nodes: [] };
  }
  checkRequired(data, needed, '', problems);
  checkShape(data, SHAPES[type], '', problems, 'remarked');
  checkInterface(data, problems);
  if (type === 'command') {
    checkCommand(data, folder, '', problems);
    checkIncludes(data, folder, problems);
    return { kind: 'command', file, folder, data, nodes: [] };
  }
  if (type === 'spark') {
    checkSpark(data, folder, '', problems);
    checkIncludes(data, folder, problems);
    return { kind: 'spark', file, folder, data, nodes: [] };
  }
  if (type === 'parallel') {
    checkParallel(data, folder, '', problems);
    checkMiniBatch(data, '', problems);
    return { kind: 'parallel', file, folder, data, nodes: [] };
  }
  checkRequired(data, ['jobs'], '', problems);
  if (depth >= DEEPEST) {
    problems.add('jobs', `Pipeline components lie more than ${DEEPEST} deep: does one hold itself?`, {
      map: data,
      key: 'jobs',
    });
    return { kind: 'pipeline', file, folder, data, nodes: [] };
  }
  return { kind: 'pipeline', file, folder, data, nodes: checkNodes(data, folder, problems, loadComponent, depth + 1) };
}
