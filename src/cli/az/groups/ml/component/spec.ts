import { createHash } from 'node:crypto';
import { flagOf, resourcesOf, wholeNumber } from '../job/wire-words.ts';
import { isMap, pythonJson, pythonText, type YamlMap, type YamlValue } from '../load/yaml-value.ts';

/** Scalar types of component inputs; others are data. */
const LITERAL_TYPES = ['string', 'number', 'integer', 'boolean'];

/** The inputs of a component spec: defaults and bounds as text, in the clients' order of keys (recorded). */
export function specInputs(inputs: YamlValue | undefined): Record<string, unknown> {
  if (!isMap(inputs)) return {};
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => {
      const map: YamlMap = isMap(input) ? input : { type: input === null ? 'uri_folder' : pythonText(input) };
      const type = pythonText(map['type'] ?? 'uri_folder').toLowerCase();
      const text = (key: string) =>
        map[key] === undefined || map[key] === null ? {} : { [key]: valueText(map[key], type) };
      return [
        name,
        {
          type,
          ...(flagOf(map['optional']) ? { optional: true } : {}),
          ...text('default'),
          ...(map['description'] ? { description: pythonText(map['description']) } : {}),
          ...text('min'),
          ...text('max'),
          ...(Array.isArray(map['enum']) ? { enum: map['enum'].map((one) => valueText(one, type)) } : {}),
          ...(map['mode'] && !LITERAL_TYPES.includes(type) ? { mode: pythonText(map['mode']) } : {}),
        },
      ];
    }),
  );
}

// A number input's whole bounds are floats to the clients (`min: 0` is sent as 0.0), an integer input's are not.
function valueText(value: YamlValue | undefined, type: string): string {
  if (type === 'number' && typeof value === 'number') return `${value}.0`;
  return pythonText(value);
}

/** The outputs of a component spec. */
export function specOutputs(outputs: YamlValue | undefined): Record<string, unknown> {
  if (!isMap(outputs)) return {};
  return Object.fromEntries(
    Object.entries(outputs).map(([name, output]) => {
      const map: YamlMap = isMap(output) ? output : {};
      return [
        name,
        {
          type: pythonText(map['type'] ?? 'uri_folder').toLowerCase(),
          ...(map['mode'] ? { mode: pythonText(map['mode']) } : {}),
          ...(map['description'] ? { description: pythonText(map['description']) } : {}),
          ...(flagOf(map['is_control']) ? { is_control: true } : {}),
          ...(flagOf(map['early_available']) ? { early_available: true } : {}),
        },
      ];
    }),
  );
}

/** A YAML distribution with its counts as numbers; the wire's name of the type is up to the caller. */
export function distributionOf(value: YamlValue | undefined): YamlMap | undefined {
  if (!isMap(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]): [string, YamlValue] => [
      key,
      key === 'type' ? pythonText(member).toLowerCase() : (wholeNumber(member) ?? member),
    ]),
  );
}

/** What a spec holds besides names: for a component file and for a command written into a pipeline alike. */
export function commandSpec(
  data: YamlMap,
  resolved: {
    code: string | undefined;
    environment: string;
    inputs: Record<string, unknown>;
    outputs: Record<string, unknown>;
  },
): Record<string, unknown> {
  const resources = resourcesOf(data['resources']);
  const distribution = distributionOf(data['distribution']);
  return {
    command: pythonText(data['command'] ?? ''),
    ...(resolved.code ? { code: withPrefix(resolved.code) } : {}),
    environment: withPrefix(resolved.environment),
    ...(resources ? { resources } : {}),
    ...(distribution ? { distribution } : {}),
    ...describedSpec(data, resolved, 'command'),
    ...(Array.isArray(data['additional_includes']) && data['additional_includes'].length
      ? { additional_includes: data['additional_includes'] }
      : {}),
  };
}

/** The inputs and outputs of a component's spec. */
export type SpecPorts = { readonly inputs: Record<string, unknown>; readonly outputs: Record<string, unknown> };

/** What specs of components end with: how they are described, what goes in and out, their type (recorded order: ids are made of it). */
export function describedSpec(data: YamlMap, ports: SpecPorts, type: string): Record<string, unknown> {
  const optional = (key: string) =>
    data[key] === undefined || data[key] === null ? {} : { [key]: pythonText(data[key]) };
  return {
    ...optional('$schema'),
    ...optional('display_name'),
    ...optional('description'),
    ...(isMap(data['tags']) && Object.keys(data['tags']).length ? { tags: data['tags'] } : {}),
    is_deterministic: flagOf(data['is_deterministic']) ?? true,
    ...(Object.keys(ports.inputs).length ? { inputs: ports.inputs } : {}),
    ...(Object.keys(ports.outputs).length ? { outputs: ports.outputs } : {}),
    type,
  };
}

/** Inside a spec, ids of the workspace carry `azureml:` (recorded). */
export function withPrefix(id: string): string {
  return id.startsWith('/') ? `azureml:${id}` : id;
}

/**
 * The hash that names an anonymous component: of its spec without name, version and source, as a GUID (recorded with the public
 * extension 2.42.0; the service answers with a GUID of its own).
 */
export function componentHash(spec: Record<string, unknown>): string {
  const { name: _name, id: _id, version: _version, _source, ...rest } = spec;
  return guidOf(createHash('sha256').update(pythonJson(rest)).digest('hex'));
}

/** The first 32 hexadecimal digits as a GUID. */
export function guidOf(hex: string): string {
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
