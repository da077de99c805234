import { isMap, type YamlMap } from '../load/yaml-value.ts';
import { optionalText } from './submission.ts';
import { flagOf } from './wire-words.ts';

/** The inputs and outputs of a component's spec. */
export type SpecPorts = { readonly inputs: Record<string, unknown>; readonly outputs: Record<string, unknown> };

/** What the specs of parallel and Spark components end with: how they are described, what goes in and out, their type (recorded order: ids are made of it). */
export function describedSpec(data: YamlMap, ports: SpecPorts, type: string): Record<string, unknown> {
  const text = (key: string) => (optionalText(data, key) === undefined ? {} : { [key]: optionalText(data, key) });
  return {
    ...text('$schema'),
    ...text('display_name'),
    ...text('description'),
    ...(isMap(data['tags']) && Object.keys(data['tags']).length ? { tags: data['tags'] } : {}),
    is_deterministic: flagOf(data['is_deterministic']) ?? true,
    ...(Object.keys(ports.inputs).length ? { inputs: ports.inputs } : {}),
    ...(Object.keys(ports.outputs).length ? { outputs: ports.outputs } : {}),
    type,
  };
}
