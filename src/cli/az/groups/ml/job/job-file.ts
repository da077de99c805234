import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadComponent } from '../component/definition.ts';
import { checkCommand, checkInterface } from '../component/interface.ts';
import type { PipelineNode } from '../component/local-component.ts';
import { gatherProblems, type Problem, type Problems } from '../load/fields.ts';
import { applyOverrides, setPath } from '../load/override.ts';
import { any, checkShape } from '../load/shape.ts';
import { loadYamlFile } from '../load/yaml-file.ts';
import { isMap, pythonText, type YamlMap } from '../load/yaml-value.ts';
import { isReference, isUri } from '../references.ts';
import { checkAutoml } from './automl-definition.ts';
import { checkFineTuning } from './finetuning-definition.ts';
import { isBinding } from './inputs.ts';
import { ANY_JOB, COMMAND_JOB, PIPELINE_JOB } from './keys.ts';
import { checkNodes } from './node-definition.ts';
import { checkSparkJob, SPARK, SPARK_RESOURCES } from './spark-definition.ts';
import { checkSweepJob, SWEEP } from './sweep-definition.ts';

/** A job's YAML file, read and checked, nothing sent. */
export type JobFile = {
  readonly kind: (typeof KINDS)[number];
  readonly file: string;
  readonly folder: string;
  readonly data: YamlMap;
  /** A pipeline's nodes. */
  readonly nodes: readonly PipelineNode[];
  readonly problems: readonly Problem[];
  readonly remarks: readonly Problem[];
};

const KINDS = ['command', 'pipeline', 'sweep', 'spark', 'automl', 'finetuning'] as const;
const isKind = (type: string): type is JobFile['kind'] => KINDS.some((kind) => kind === type);

/** Types that are known and not built yet. */
const LATER = ['parallel', 'data_transfer', 'import', 'distillation'];

/**
 * Reads a job's YAML file with its overrides, and checks it whole.
 * @param path the `--file` argument
 * @param overrides the `--set` words
 * @param name the `--name` argument
 */
export function readJobFile(path: string, cwd: string, overrides: readonly string[], name?: string): JobFile {
  const { file, folder, data } = loadYamlFile(path, cwd, 'job');
  applyOverrides(data, overrides);
  if (name !== undefined) setPath(data, 'name', name);
  const problems = gatherProblems();
  return checkJob(file, folder, data, problems);
}

/** Checks a job that has been read. Problems are gathered in what is handed in, too. */
export function checkJob(file: string, folder: string, data: YamlMap, problems: Problems): JobFile {
  const type = pythonText(data['type'] ?? 'command').toLowerCase();
  if (!isKind(type)) {
    const message = LATER.includes(type)
      ? `not implemented: ${type} jobs. Types that are taken: ${KINDS.join(', ')}.`
      : `Unknown type '${type}'. Must be one of: ${KINDS.join(', ')}.`;
    problems.add('type', message, { map: data, key: 'type' }, type);
    return { kind: 'command', file, folder, data, nodes: [], problems: problems.all, remarks: problems.remarks };
  }
  checkInterface(data, problems);
  checkInputPaths(data, folder, '', problems);
  if (type === 'command') {
    checkShape(data, COMMAND_JOB, '', problems);
    checkCommand(data, folder, '', problems);
    return { kind: 'command', file, folder, data, nodes: [], problems: problems.all, remarks: problems.remarks };
  }
  if (type === 'sweep') {
    checkShape(data, { ...ANY_JOB, ...SWEEP, 'trial!': any }, '', problems);
    checkSweepJob(data, folder, problems);
    return { kind: 'sweep', file, folder, data, nodes: [], problems: problems.all, remarks: problems.remarks };
  }
  if (type === 'spark') {
    checkShape(data, { ...ANY_JOB, ...SPARK, ...SPARK_RESOURCES }, '', problems);
    checkSparkJob(data, folder, problems);
    return { kind: 'spark', file, folder, data, nodes: [], problems: problems.all, remarks: problems.remarks };
  }
  if (type === 'automl') {
    checkAutoml(data, '', problems);
    return { kind: 'automl', file, folder, data, nodes: [], problems: problems.all, remarks: problems.remarks };
  }
  if (type === 'finetuning') {
    checkFineTuning(data, problems);
    return { kind: 'finetuning', file, folder, data, nodes: [], problems: problems.all, remarks: problems.remarks };
  }
  checkShape(data, PIPELINE_JOB, '', problems);
  if (!data['jobs'] && !data['component'])
    problems.add('jobs', 'Missing data for required field: a pipeline has jobs, or a component.');
  const nodes = checkNodes(data, folder, problems, loadComponent);
  for (const node of nodes) checkInputPaths(node.data, node.folder, `jobs.${node.key}.`, problems);
  return { kind: 'pipeline', file, folder, data, nodes, problems: problems.all, remarks: problems.remarks };
}

/** Local paths of inputs must be there before anything is sent. */
function checkInputPaths(data: YamlMap, folder: string, lead: string, problems: Problems): void {
  if (!isMap(data['inputs'])) return;
  for (const [name, input] of Object.entries(data['inputs'])) {
    const path = isMap(input) ? input['path'] : undefined;
    if (path === undefined || path === null || isBinding(path) || !isMap(input)) continue;
    const text = pythonText(path);
    if (isReference(text) || isUri(text)) continue;
    const full = resolve(folder, text.replace(/^file:(?:\/\/)?/, ''));
    if (existsSync(full)) continue;
    problems.add(
      `${lead}inputs.${name}.path`,
      `The path ${full} does not exist. It starts at the folder of this file.`,
      { map: input, key: 'path' },
      text,
    );
  }
}
