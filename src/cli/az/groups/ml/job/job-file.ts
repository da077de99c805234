import { checkInterface } from '../component/interface.ts';
import type { PipelineNode } from '../component/local-component.ts';
import { gatherProblems, type Problems } from '../load/fields.ts';
import { applyOverrides, setPath } from '../load/override.ts';
import { loadYamlFile } from '../load/yaml-file.ts';
import { pythonText, type YamlMap } from '../load/yaml-value.ts';
import { checkInputPaths } from './input-paths.ts';
import { JOB_TYPES, type JobFile } from './types/index.ts';

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
  const type = pythonText(data['type'] ?? JOB_TYPES[0].type).toLowerCase();
  const kind = JOB_TYPES.find((known) => known.type === type);
  const found = (nodes: readonly PipelineNode[]): JobFile => ({
    kind: kind ?? JOB_TYPES[0],
    file,
    folder,
    data,
    nodes,
    problems: problems.all,
    remarks: problems.remarks,
  });
  if (!kind) {
    const taken = JOB_TYPES.map((known) => known.type).join(', ');
    const message = LATER.includes(type)
      ? `not implemented: ${type} jobs. Types that are taken: ${taken}.`
      : `Unknown type '${type}'. Must be one of: ${taken}.`;
    problems.add('type', message, { map: data, key: 'type' }, type);
    return found([]);
  }
  checkInterface(data, problems);
  checkInputPaths(data, folder, '', problems);
  return found(kind.check(data, folder, problems));
}
