import type { Problems } from '../load/fields.ts';
import { any, flag, listOf, mapOf, oneOf, type Shape, shaped, text, whole } from '../load/shape.ts';
import { isMap, pythonText, type YamlMap, type YamlValue } from '../load/yaml-value.ts';

const block = oneOf(text, listOf(text));

/** What control nodes hold (source of the public client, which takes them from YAML with its private features on). */
export const CONTROL_NODES = {
  if_else: { 'type!': text, 'condition!': oneOf(flag, text), true_block: block, false_block: block },
  do_while: {
    'type!': text,
    'body!': text,
    condition: text,
    'mapping!': mapOf(oneOf(text, listOf(text))),
    'limits!': shaped({ 'max_iteration_count!': whole }),
  },
  // Items are judged below, outputs where names of outputs are.
  parallel_for: { 'type!': text, 'body!': text, 'items!': any, max_concurrency: whole, outputs: any },
} as const satisfies Readonly<Record<string, Shape>>;

export const isControl = (type: string): type is keyof typeof CONTROL_NODES => Object.hasOwn(CONTROL_NODES, type);

/** The node that a control node names: `${{parent.jobs.NODE}}`. Undefined for what is no such binding. */
export function namedNode(value: YamlValue | undefined): string | undefined {
  return typeof value === 'string' ? /^\s*\$\{\{\s*parent\.jobs\.([\w-]+)\s*\}\}\s*$/.exec(value)?.[1] : undefined;
}

/** A block's bindings: one, several or none. */
export function blockOf(value: YamlValue | undefined): YamlValue[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** A loop's items as they are written, or as the JSON text says; undefined for a binding and for text that is no JSON. */
export function itemsOf(items: YamlValue | undefined): YamlValue | undefined {
  if (typeof items !== 'string') return items;
  try {
    return JSON.parse(items) as YamlValue;
  } catch {
    return undefined;
  }
}

/** The inputs that loops over items give to a node; `all` where a node makes the items. */
export function inputsFromLoops(key: string, jobs: YamlMap): ReadonlySet<string> | 'all' {
  const names = new Set<string>();
  for (const data of Object.values(jobs)) {
    if (!isMap(data) || pythonText(data['type'] ?? '').toLowerCase() !== 'parallel_for') continue;
    if (namedNode(data['body']) !== key) continue;
    const items = itemsOf(data['items']);
    const first = Array.isArray(items) ? items[0] : isMap(items) ? Object.values(items)[0] : undefined;
    if (!isMap(first)) return 'all';
    for (const name of Object.keys(first)) names.add(name);
  }
  return names;
}

/** Checks that a control node names nodes of its pipeline, that it has items, and how often it repeats. */
export function checkControl(key: string, data: YamlMap, jobs: YamlMap, problems: Problems): void {
  const path = `jobs.${key}`;
  const checkNode = (field: string, value: YamlValue) => {
    const name = namedNode(value);
    if (name !== undefined && name !== key && isMap(jobs[name])) return;
    const where = { map: data, key: field };
    problems.add(`${path}.${field}`, `Must name another job of the pipeline, as \${{parent.jobs.NAME}}.`, where, value);
  };
  if (data['body'] !== undefined && data['body'] !== null) checkNode('body', data['body']);
  const blocks = ['true_block', 'false_block'].map((field) => {
    const all = blockOf(data[field]);
    for (const one of all) checkNode(field, one);
    return all.map((one) => namedNode(one));
  });
  const [yes = [], no = []] = blocks;
  if (pythonText(data['type'] ?? '').toLowerCase() === 'if_else' && yes.length + no.length === 0)
    problems.add(path, 'Needs a true_block, a false_block or both.', { map: jobs, key });
  const twice = yes.find((one) => one !== undefined && no.includes(one));
  if (twice !== undefined)
    problems.add(`${path}.false_block`, `The job '${twice}' is in both blocks.`, { map: data, key: 'false_block' });
  const count = isMap(data['limits']) ? Number(data['limits']['max_iteration_count']) : 1;
  if (count < 1 || count > 1000)
    problems.add(`${path}.limits.max_iteration_count`, 'Must be 1 to 1000.', { map: data, key: 'limits' });
  const items = data['items'];
  if (items === undefined || items === null || (typeof items === 'string' && items.includes('${{'))) return;
  const read = itemsOf(items);
  if (!Array.isArray(read) && !isMap(read))
    problems.add(`${path}.items`, 'Must be a list or a mapping of sets of inputs, JSON text of one, or a binding.', {
      map: data,
      key: 'items',
    });
}
