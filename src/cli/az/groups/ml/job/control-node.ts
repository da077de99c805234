import type { AssetScope } from '../asset/asset-scope.ts';
import { isMap, pythonJson, pythonText, type YamlMap, type YamlValue } from '../load/yaml-value.ts';
import { blockOf, itemsOf } from './control-definition.ts';
import { inputToWire } from './inputs.ts';
import { flagOf, wholeNumber } from './wire-words.ts';

/**
 * A control node on the wire, but for its outputs: bindings by text, no component, no name (recorded). Local data of a loop's
 * items is uploaded on the way.
 */
export async function controlToWire(
  scope: AssetScope,
  data: YamlMap,
  folder: string,
): Promise<Record<string, unknown>> {
  const type = pythonText(data['type'] ?? '').toLowerCase();
  const own = type === 'if_else' ? ifElse(data) : type === 'do_while' ? doWhile(data) : undefined;
  return { type, ...(own ?? (await parallelFor(scope, data, folder))), _source: 'YAML.JOB' };
}

function ifElse(data: YamlMap): Record<string, unknown> {
  const block = (key: string) => {
    const all = blockOf(data[key]);
    // A block of one is sent as that one (recorded).
    return all.length ? { [key]: all.length === 1 ? all[0] : all } : {};
  };
  const condition = data['condition'];
  return { condition: flagOf(condition) ?? condition, ...block('true_block'), ...block('false_block') };
}

function doWhile(data: YamlMap): Record<string, unknown> {
  const mapping = Object.entries(isMap(data['mapping']) ? data['mapping'] : {});
  const limits = isMap(data['limits']) ? data['limits'] : {};
  return {
    body: data['body'],
    ...(data['condition'] === undefined || data['condition'] === null
      ? {}
      : { condition: portName(data['condition']) }),
    mapping: Object.fromEntries(mapping.map(([output, inputs]) => [output, blockOf(inputs).map(portName)])),
    limits: { max_iteration_count: wholeNumber(limits['max_iteration_count']) },
  };
}

/** The name of a body's input or output, which may be written as `${{parent.jobs.BODY.outputs.NAME}}`. */
function portName(value: YamlValue): string {
  const text = pythonText(value);
  return /^\s*\$\{\{\s*parent\.jobs\.[\w-]+\.(?:inputs|outputs)\.([\w.-]+?)\s*\}\}\s*$/.exec(text)?.[1] ?? text;
}

async function parallelFor(scope: AssetScope, data: YamlMap, folder: string): Promise<Record<string, unknown>> {
  const concurrency = wholeNumber(data['max_concurrency']);
  return {
    body: data['body'],
    items: await itemsText(scope, data['items'] ?? null, folder),
    ...(concurrency === undefined ? {} : { max_concurrency: concurrency }),
  };
}

/** Items as JSON text, their data as inputs are sent. Text stays as it is unless it holds data. */
async function itemsText(scope: AssetScope, items: YamlValue, folder: string): Promise<string> {
  const read = itemsOf(items);
  const list = Array.isArray(read) ? read : isMap(read) ? Object.values(read) : [];
  const holdsData = list.some((item) => isMap(item) && Object.values(item).some(isMap));
  if (typeof items === 'string' && !holdsData) return items;
  const sent = await Promise.all(list.map((item) => itemToWire(scope, item, folder)));
  if (!isMap(read)) return pythonJson(sent);
  return pythonJson(Object.fromEntries(Object.keys(read).map((name, at) => [name, sent[at]])));
}

async function itemToWire(scope: AssetScope, item: YamlValue, folder: string): Promise<unknown> {
  if (!isMap(item)) return item;
  const inputs: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(item))
    inputs[name] = isMap(value) ? await inputToWire(scope, value, folder, 'snake') : value;
  return inputs;
}
