import { isMap, pythonText, type YamlMap, type YamlValue } from '../load/yaml-value.ts';

/** YAML's words and the wire's, both ways (documented; input modes first, then output modes). */
const INPUT_MODES: Readonly<Record<string, string>> = {
  ro_mount: 'ReadOnlyMount',
  mount: 'ReadOnlyMount',
  rw_mount: 'ReadWriteMount',
  download: 'Download',
  direct: 'Direct',
  eval_mount: 'EvalMount',
  eval_download: 'EvalDownload',
};
const OUTPUT_MODES: Readonly<Record<string, string>> = {
  rw_mount: 'ReadWriteMount',
  mount: 'ReadWriteMount',
  upload: 'Upload',
  direct: 'Direct',
};

export const inputMode = (word: YamlValue | undefined) => lookUp(INPUT_MODES, word);
export const outputMode = (word: YamlValue | undefined) => lookUp(OUTPUT_MODES, word);

/** A wire mode as YAML's word. */
export function modeWord(wire: string): string {
  const found = [...Object.entries(INPUT_MODES), ...Object.entries(OUTPUT_MODES)].find(
    ([word, name]) => word !== 'mount' && name.toLowerCase() === wire.toLowerCase(),
  );
  return found?.[0] ?? wire;
}

function lookUp(table: Readonly<Record<string, string>>, word: YamlValue | undefined): string | undefined {
  return typeof word === 'string' ? table[word.toLowerCase()] : undefined;
}

/** `pytorch` and its wire name; the members are written alike but for their case. */
const DISTRIBUTIONS: Readonly<Record<string, string>> = {
  pytorch: 'PyTorch',
  mpi: 'Mpi',
  tensorflow: 'TensorFlow',
  ray: 'Ray',
};

export function distributionName(word: string): string | undefined {
  return DISTRIBUTIONS[word.toLowerCase()];
}

const SERVICES: Readonly<Record<string, string>> = {
  jupyter_lab: 'JupyterLab',
  ssh: 'SSH',
  tensor_board: 'TensorBoard',
  vs_code: 'VSCode',
  custom: 'Custom',
};

export const serviceName = (word: string) => SERVICES[word.toLowerCase()] ?? word;
export const serviceWord = (name: string) => Object.entries(SERVICES).find(([, wire]) => wire === name)?.[0] ?? name;

const IDENTITIES: Readonly<Record<string, string>> = {
  managed: 'Managed',
  managed_identity: 'Managed',
  user_identity: 'UserIdentity',
  user: 'UserIdentity',
  aml_token: 'AMLToken',
};

/** A YAML identity as the wire has it. */
export function identityToWire(
  identity: YamlValue | undefined,
  style: 'camel' | 'snake',
): Record<string, unknown> | undefined {
  if (!isMap(identity)) return undefined;
  const name = IDENTITIES[String(identity['type'] ?? '').toLowerCase()] ?? String(identity['type']);
  const fields = { client_id: 'clientId', object_id: 'objectId', msi_resource_id: 'resourceId' };
  const rest = Object.entries(fields).flatMap(([yaml, wire]) => {
    const value = identity[yaml];
    return value === undefined || value === null ? [] : [[style === 'camel' ? wire : yaml, pythonText(value)]];
  });
  return { [style === 'camel' ? 'identityType' : 'identity_type']: name, ...Object.fromEntries(rest) };
}

export function identityWord(name: string): string {
  if (name === 'Managed') return 'managed_identity';
  return Object.entries(IDENTITIES).find(([, wire]) => wire === name)?.[0] ?? name;
}

/** `instance_count` → `instanceCount`. */
export const camel = (key: string) => key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
/** `instanceCount` → `instance_count`. */
export const snake = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A whole number from YAML or from `--set`, which gives text. */
export function wholeNumber(value: YamlValue | undefined): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const number = Number(typeof value === 'object' ? Number.NaN : value);
  return Number.isInteger(number) ? number : undefined;
}

/** A switch from YAML or from `--set`. */
export function flagOf(value: YamlValue | undefined): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && /^(true|1|yes)$/i.test(value)) return true;
  return typeof value === 'string' && /^(false|0|no)$/i.test(value) ? false : undefined;
}

/** A mapping of text: tags, properties, environment variables. */
export function textMap(value: YamlValue | undefined): Record<string, string> {
  if (!isMap(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, member === null ? '' : pythonText(member)]),
  );
}

/** The resources of a job; counts become numbers, other members stay. */
export function resourcesOf(value: YamlValue | undefined): YamlMap | undefined {
  if (!isMap(value)) return undefined;
  const entries = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(
    entries.map(([key, member]): [string, YamlValue] => [
      key,
      /_count$/.test(key) ? (wholeNumber(member) ?? member) : member,
    ]),
  );
}
