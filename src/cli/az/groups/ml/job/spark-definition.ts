import { checkCode } from '../component/interface.ts';
import { checkEnvironment } from '../environment/check-environment.ts';
import { checkRequired, type Problems } from '../load/fields.ts';
import { any, listOf, mapOf, oneOf, type Shape, shaped, text } from '../load/shape.ts';
import { isMap, type YamlMap } from '../load/yaml-value.ts';
import { flagOf } from './wire-words.ts';

/** What a Spark job, node and component hold beside what all of their kind do (documented schema). */
export const SPARK: Shape = {
  code: text,
  entry: shaped({ file: text, class_name: text }),
  py_files: listOf(text),
  jars: listOf(text),
  files: listOf(text),
  archives: listOf(text),
  conf: mapOf(any),
  environment: oneOf(text, mapOf(any)),
  args: text,
};

/** Where a Spark job or node runs; a component has none. */
export const SPARK_RESOURCES: Shape = { resources: shaped({ instance_type: text, runtime_version: text }) };

const SIZES = ['spark.driver.cores', 'spark.driver.memory', 'spark.executor.cores', 'spark.executor.memory'];

/** Checks what a Spark job or component, or a node without one, needs to run; kinds of values are its shape's. */
export function checkSpark(data: YamlMap, folder: string, path: string, problems: Problems): void {
  checkRequired(data, ['entry'], path, problems);
  checkCode(data, folder, path, problems);
  checkEnvironment(data, folder, path, problems);
  const entry = data['entry'];
  const at = (key: string) => (path ? `${path}.${key}` : key);
  if (isMap(entry) && (entry['file'] ?? null) === null)
    problems.add(at('entry.file'), 'Missing data for required field: the script that Spark runs.', {
      map: data,
      key: 'entry',
    });
}

/** Checks what a Spark job must say about where it runs, as the clients do before they send it. */
export function checkSparkJob(data: YamlMap, folder: string, problems: Problems): void {
  checkSpark(data, folder, '', problems);
  const [compute, resources] = [data['compute'] ?? null, data['resources'] ?? null];
  if ((compute === null) === (resources === null))
    problems.add('resources', 'A Spark job has either compute or resources.', {
      map: data,
      key: resources === null ? 'compute' : 'resources',
    });
  const conf = isMap(data['conf']) ? data['conf'] : {};
  const dynamic = flagOf(conf['spark.dynamicAllocation.enabled']) === true;
  const bounds = ['spark.dynamicAllocation.minExecutors', 'spark.dynamicAllocation.maxExecutors'];
  checkRequired(conf, [...SIZES, ...(dynamic ? bounds : ['spark.executor.instances'])], 'conf', problems);
  for (const part of ['inputs', 'outputs']) {
    for (const [name, value] of Object.entries(isMap(data[part]) ? data[part] : {})) {
      if (!isMap(value) || (value['path'] ?? value['type'] ?? null) === null || value['mode'] === 'direct') continue;
      const where = { map: value, key: 'mode' };
      problems.add(`${part}.${name}.mode`, 'Must be direct: Spark reads and writes its data itself.', where);
    }
  }
}
