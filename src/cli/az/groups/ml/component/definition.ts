import { COMMAND_COMPONENT, COMPONENT, PIPELINE_COMPONENT, RESOURCES } from '../job/keys.ts';
import { checkNodes } from '../job/node-definition.ts';
import { checkMiniBatch, checkParallel, PARALLEL } from '../job/parallel-definition.ts';
import { checkRequired, type Problems } from '../load/fields.ts';
import { any, checkShape, listOf, shaped } from '../load/shape.ts';
import { loadYamlFile } from '../load/yaml-file.ts';
import { pythonText, type YamlMap } from '../load/yaml-value.ts';
import { checkCommand, checkInterface } from './interface.ts';
import type { LocalComponent } from './local-component.ts';

const DEEPEST = 16;

const SHAPES = {
  command: COMMAND_COMPONENT,
  pipeline: PIPELINE_COMPONENT,
  parallel: { ...COMPONENT, ...PARALLEL, resources: shaped(RESOURCES), additional_includes: listOf(any) },
} as const;

/** Loads and checks a component file, and the files it names. Problems are gathered, a missing file is thrown. */
export function loadComponent(path: string, folder: string, problems: Problems, depth = 0): LocalComponent {
  const file = loadYamlFile(path.replace(/^file:/, ''), folder, 'component');
  return checkComponent(file.file, file.folder, file.data, problems, depth);
}

/** Checks a loaded component. */
export function checkComponent(
  file: string,
  folder: string,
  data: YamlMap,
  problems: Problems,
  depth = 0,
): LocalComponent {
  const type = pythonText(data['type'] ?? 'command').toLowerCase();
  if (type !== 'command' && type !== 'pipeline' && type !== 'parallel') {
    const word = 'components of this type. Command, pipeline and parallel components work.';
    problems.add('type', `not implemented: ${type} ${word}`, { map: data, key: 'type' }, type);
    return { kind: 'command', file, folder, data, nodes: [] };
  }
  checkRequired(data, ['name'], '', problems);
  checkShape(data, SHAPES[type], '', problems);
  checkInterface(data, problems);
  if (data['additional_includes'])
    problems.add('additional_includes', 'not implemented: additional_includes.', {
      map: data,
      key: 'additional_includes',
    });
  if (type === 'command') {
    checkCommand(data, folder, '', problems);
    return { kind: 'command', file, folder, data, nodes: [] };
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
