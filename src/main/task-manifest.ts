// What makes a task manifest well formed: the rules that the compiler, the agent and the server rely on.
import type { TaskInput, TaskManifest } from '../contracts/task.ts';
// Not by the language's face: every agent reads manifests, and needs no compiler for it.
import { namesInRule } from '../language/3-plan/visible-rule.ts';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Input types of the public task manifests; a connection names its own type after the colon. */
const INPUT_TYPES = /^(string|boolean|int|multiLine|filePath|pickList|radio|secureFile|connectedService:[\w:-]+)$/;
const RUNS_ON = ['Agent', 'DeploymentGroup', 'MachineGroup', 'Server', 'ServerGate'];

/**
 * Reads a manifest from what its file holds.
 * @returns the manifest, or what is wrong with it: a line each, the key in front
 */
export function readManifest(
  data: unknown,
): { readonly manifest: TaskManifest } | { readonly faults: readonly string[] } {
  const misshapen = shapeFaults(data);
  if (misshapen.length > 0) return { faults: misshapen };
  const manifest = data as TaskManifest;
  const faults = manifestFaults(manifest);
  return faults.length > 0 ? { faults } : { manifest };
}

/** What would keep the other rules from being looked at: lists and objects that are none. */
function shapeFaults(data: unknown): string[] {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(data)) return ['the file holds no object'];
  const { version, inputs = [], runsOn = [], outputVariables = [] } = data as Record<string, unknown>;
  const faults: string[] = [];
  if (!isObject(version)) faults.push('version: not an object');
  for (const [key, list] of Object.entries({ inputs, runsOn, outputVariables }))
    if (!Array.isArray(list)) faults.push(`${key}: not a list`);
    else if (key !== 'runsOn' && !list.every(isObject)) faults.push(`${key}: holds what is no object`);
  for (const input of Array.isArray(inputs) ? (inputs.filter(isObject) as Record<string, unknown>[]) : []) {
    const { name, aliases = [], visibleRule = '' } = input;
    if (typeof name !== 'string') faults.push(`inputs: one has the name '${name}', which is no text`);
    if (!Array.isArray(aliases) || !aliases.every((alias) => typeof alias === 'string'))
      faults.push(`inputs: ${name}: aliases: not a list of texts`);
    if (typeof visibleRule !== 'string') faults.push(`inputs: ${name}: visibleRule: no text`);
  }
  return faults;
}

/** @returns what is wrong with a manifest, a line each; none for a well-formed one */
export function manifestFaults(manifest: TaskManifest): string[] {
  const faults: string[] = [];
  const want = (holds: boolean, fault: string) => {
    if (!holds) faults.push(fault);
  };
  want(GUID.test(manifest.id ?? ''), `id: '${manifest.id}' is not a GUID in lower case`);
  want(/^[A-Za-z]\w*$/.test(manifest.name ?? ''), `name: '${manifest.name}' is not a word`);
  for (const part of ['Major', 'Minor', 'Patch'] as const) {
    const number = manifest.version?.[part];
    want(Number.isInteger(number) && number >= 0, `version: ${part} is '${number}', not a whole number`);
  }
  for (const key of ['friendlyName', 'description', 'author', 'instanceNameFormat'] as const)
    want(typeof manifest[key] === 'string' && manifest[key].trim() !== '', `${key}: missing`);
  const runsOn = manifest.runsOn ?? [];
  want(runsOn.length > 0 && runsOn.every((one) => RUNS_ON.includes(one)), `runsOn: '${runsOn.join(', ')}'`);
  const inputs = manifest.inputs ?? [];
  const named = new Set<string>();
  for (const name of inputs.flatMap((input) => [input.name, ...(input.aliases ?? [])])) {
    want(/^[A-Za-z]\w*$/.test(name), `inputs: the name '${name}' is not a word`);
    want(!named.has(name.toLowerCase()), `inputs: '${name}' is there twice, as a name or an alias`);
    named.add(name.toLowerCase());
  }
  const known = (name: string) => inputs.some((input) => input.name.toLowerCase() === name.toLowerCase());
  for (const input of inputs)
    faults.push(...inputFaults(input, known).map((fault) => `inputs: ${input.name}: ${fault}`));
  for (const [, name = ''] of (manifest.instanceNameFormat ?? '').matchAll(/\$\((\w+)\)/g))
    want(known(name), `instanceNameFormat: names '${name}', which is not an input`);
  for (const output of manifest.outputVariables ?? [])
    want(
      output.name !== '' && output.description !== '',
      `outputVariables: '${output.name}' lacks its name or description`,
    );
  return faults;
}

function inputFaults(input: TaskInput, known: (name: string) => boolean): string[] {
  const faults: string[] = [];
  const { type, defaultValue, options } = input;
  if (!INPUT_TYPES.test(type ?? '')) faults.push(`the type '${type}' is not one of the manifests'`);
  if (!input.label) faults.push('no label');
  if (defaultValue !== undefined && typeof defaultValue !== 'string') faults.push('the default is not text');
  if (type === 'boolean' && !['true', 'false', '', undefined].includes(defaultValue))
    faults.push(`the default '${defaultValue}' is neither 'true' nor 'false'`);
  if (type === 'radio' && !options) faults.push('a radio without options');
  if (options && defaultValue && !defaultValue.includes('$(') && !(defaultValue in options))
    faults.push(`the default '${defaultValue}' is not among its options`);
  const names = input.visibleRule === undefined ? [] : namesInRule(input.visibleRule);
  if (!names) faults.push(`the rule '${input.visibleRule}' cannot be read`);
  for (const name of names ?? [])
    if (!known(name)) faults.push(`the rule '${input.visibleRule}' names '${name}', which is not an input`);
  return faults;
}
