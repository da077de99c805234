import { outputType } from '../component/interface.ts';
import type { PipelineNode } from '../component/local-component.ts';
import { isMap, pythonText, type YamlMap, YamlNumber, type YamlValue } from '../load/yaml-value.ts';
import { isBinding } from './inputs.ts';

/**
 * The inputs that a command written into a pipeline has as a component: a bound one takes its source's type, a value its own
 * type and itself as the default (recorded).
 */
export function inlineInputs(
  data: YamlMap,
  pipeline: YamlMap,
  nodes: readonly PipelineNode[],
): Record<string, unknown> {
  if (!isMap(data['inputs'])) return {};
  return Object.fromEntries(
    Object.entries(data['inputs']).map(([name, value]): [string, unknown] => {
      if (isMap(value)) {
        const mode = value['mode'] ? { mode: pythonText(value['mode']) } : {};
        return [name, { type: pythonText(value['type'] ?? 'uri_folder').toLowerCase(), ...mode }];
      }
      if (isBinding(value)) return [name, { type: boundType(value, pipeline, nodes) }];
      return [
        name,
        { type: scalarType(value), ...(value === null ? { optional: true } : { default: pythonText(value) }) },
      ];
    }),
  );
}

/** The outputs of such a command; one bound to the pipeline's output takes that one's type and mode. */
export function inlineOutputs(data: YamlMap, pipeline: YamlMap): Record<string, unknown> {
  if (!isMap(data['outputs'])) return {};
  const declared = isMap(pipeline['outputs']) ? pipeline['outputs'] : {};
  return Object.fromEntries(
    Object.entries(data['outputs']).map(([name, value]) => {
      const target = isBinding(value) ? /parent\.outputs\.([\w-]+)/.exec(value)?.[1] : undefined;
      const source = target === undefined ? value : declared[target];
      const map = isMap(source) ? source : {};
      const mode = map['mode'] ? { mode: pythonText(map['mode']) } : {};
      return [name, { type: pythonText(map['type'] ?? 'uri_folder').toLowerCase(), ...mode }];
    }),
  );
}

function boundType(binding: string, pipeline: YamlMap, nodes: readonly PipelineNode[]): string {
  const input = /parent\.inputs\.([\w-]+)/.exec(binding)?.[1];
  if (input !== undefined) {
    const source = isMap(pipeline['inputs']) ? pipeline['inputs'][input] : undefined;
    return isMap(source) ? pythonText(source['type'] ?? 'uri_folder').toLowerCase() : scalarType(source ?? null);
  }
  const [, key, name] = /parent\.jobs\.([\w-]+)\.outputs\.([\w-]+)/.exec(binding) ?? [];
  const node = nodes.find((one) => one.key === key);
  if (!node || name === undefined) return 'uri_folder';
  const owner = node.work.kind === 'local' ? node.work.component.data : node.data;
  const value = isMap(owner['outputs']) ? owner['outputs'][name] : undefined;
  if (isBinding(value)) {
    const target = /parent\.outputs\.([\w-]+)/.exec(value)?.[1];
    return (target === undefined ? undefined : outputType(pipeline, target)) ?? 'uri_folder';
  }
  return outputType(owner, name) ?? 'uri_folder';
}

function scalarType(value: YamlValue): string {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return 'integer';
  return value instanceof YamlNumber ? 'number' : 'string';
}
