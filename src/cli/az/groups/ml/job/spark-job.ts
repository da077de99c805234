import type { PipelineNode } from '../component/local-component.ts';
import { describedSpec, type SpecPorts, withPrefix } from '../component/spec.ts';
import { isMap, pythonText, type YamlMap, type YamlValue } from '../load/yaml-value.ts';
import { resolveByName } from '../references.ts';
import { inputToWire, outputToWire } from './inputs.ts';
import { optionalText, type Submission } from './submission.ts';
import { camel, flagOf, identityToWire } from './wire-words.ts';

// What the public extension 2.42.0 makes of the same files (recorded).

/** The settings of Spark that the clients know, in the order that they send them in, after all others. */
const KNOWN = [
  'spark.driver.cores',
  'spark.driver.memory',
  'spark.executor.cores',
  'spark.executor.memory',
  'spark.executor.instances',
  'spark.dynamicAllocation.enabled',
  'spark.dynamicAllocation.minExecutors',
  'spark.dynamicAllocation.maxExecutors',
];
const LISTS = ['py_files', 'jars', 'files', 'archives'];

/** A Spark job's own properties on the wire; code, environment and local inputs are sent on the way. */
export async function sparkJobProperties(
  submission: Submission,
  data: YamlMap,
  folder: string,
): Promise<Record<string, unknown>> {
  const { scope } = submission;
  const code = await submission.code(data['code'], folder, false);
  const environmentId = await environmentOf(submission, data, folder);
  const inputs: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(isMap(data['inputs']) ? data['inputs'] : {})) {
    if (value !== null) inputs[name] = await inputToWire(scope, value, folder, 'camel');
  }
  const outputs = Object.entries(isMap(data['outputs']) ? data['outputs'] : {});
  const compute = optionalText(data, 'compute');
  const args = optionalText(data, 'args');
  const conf = ordered(isMap(data['conf']) ? data['conf'] : {});
  // Bounds of an allocation that is off are not sent.
  const isSent = (key: string) =>
    !key.startsWith('spark.dynamicAllocation.') ||
    !KNOWN.includes(key) ||
    flagOf(conf['spark.dynamicAllocation.enabled']) === true;
  const resources = resourcesOf(data);
  return {
    ...(compute ? { computeId: resolveByName(scope, 'computes', compute) } : {}),
    identity: identityToWire(data['identity'], 'camel') ?? { identityType: actor(data) },
    ...Object.fromEntries(Object.entries(lists(data)).map(([key, value]) => [camel(key), value])),
    ...(args === undefined ? {} : { args }),
    ...(code ? { codeId: code } : {}),
    conf: Object.fromEntries(
      Object.entries(conf).flatMap(([key, value]) => (isSent(key) ? [[key, pythonText(value)]] : [])),
    ),
    entry: entryOf(data, 'sparkJobEntryType'),
    ...(environmentId ? { environmentId } : {}),
    inputs,
    outputs: Object.fromEntries(outputs.map(([name, value]) => [name, outputToWire(value, 'camel')])),
    ...(resources
      ? { resources: Object.fromEntries(Object.entries(resources).map(([key, value]) => [camel(key), value])) }
      : {}),
  };
}

/** What a Spark node runs and how, on the wire: what it leaves unsaid, its component's file says. */
export function sparkNodeMembers({ data, work }: PipelineNode): Record<string, unknown> {
  const component = work.kind === 'local' ? work.component.data : {};
  const maps = [component['conf'], data['conf']].map((conf) => (isMap(conf) ? conf : {}));
  const conf = confOf(withExecutors(Object.assign({}, ...maps)));
  const args = optionalText(data, 'args') ?? optionalText(component, 'args');
  const entry = isMap(data['entry']) ? data : component;
  const resources = resourcesOf(data);
  const identity = actor(data);
  return {
    ...(resources ? { resources } : {}),
    ...lists(component),
    ...lists(data),
    ...(identity ? { identity: { identity_type: identity } } : {}),
    ...(Object.keys(conf).length ? { conf } : {}),
    ...(args === undefined ? {} : { args }),
    ...(isMap(entry['entry']) ? { entry: entryOf(entry, 'spark_job_entry_type') } : {}),
  };
}

/** The spec of a Spark component, of a file or written into a node. */
export async function sparkSpec(
  submission: Submission,
  data: YamlMap,
  folder: string,
  ports: SpecPorts,
  isComponent: boolean,
): Promise<Record<string, unknown>> {
  const code = await submission.componentCode(data, folder);
  const environment = await environmentOf(submission, data, folder);
  const given = isMap(data['conf']) ? data['conf'] : {};
  const conf = confOf(isComponent ? given : withExecutors(given));
  const text = (key: string) => (optionalText(data, key) === undefined ? {} : { [key]: optionalText(data, key) });
  const entry = isMap(data['entry']) ? data['entry'] : {};
  return {
    ...(code ? { code: withPrefix(code) } : {}),
    entry: { file: pythonText(entry['file'] ?? '') },
    ...lists(data),
    ...(Object.keys(conf).length ? { conf } : {}),
    ...(environment ? { environment: withPrefix(environment) } : {}),
    ...text('args'),
    ...describedSpec(data, ports, 'spark'),
    ...(Array.isArray(data['additional_includes']) && data['additional_includes'].length
      ? { additional_includes: data['additional_includes'] }
      : {}),
  };
}

async function environmentOf(submission: Submission, data: YamlMap, folder: string): Promise<string | undefined> {
  const environment = data['environment'] ?? null;
  return environment === null ? undefined : submission.environment(environment, folder);
}

function entryOf(data: YamlMap, kind: string): Record<string, unknown> {
  const entry = isMap(data['entry']) ? data['entry'] : {};
  return { [kind]: 'SparkJobPythonEntry', file: pythonText(entry['file'] ?? '') };
}

function lists(data: YamlMap): Record<string, string[]> {
  return Object.fromEntries(
    LISTS.flatMap((key) => {
      const all = data[key];
      return Array.isArray(all) && all.length ? [[key, all.map((one) => pythonText(one))]] : [];
    }),
  );
}

function resourcesOf(data: YamlMap): Record<string, string> | undefined {
  if (!isMap(data['resources'])) return undefined;
  const entries = Object.entries(data['resources']).filter(([, value]) => value !== null);
  return Object.fromEntries(entries.map(([key, value]) => [key, pythonText(value)]));
}

function ordered(conf: YamlMap): YamlMap {
  const entries = Object.entries(conf).filter(([, value]) => value !== null);
  const rank = ([key]: [string, YamlValue]) => KNOWN.indexOf(key);
  return Object.fromEntries(entries.sort((a, b) => rank(a) - rank(b)));
}

// Text of digits becomes a number.
function confOf(conf: YamlMap): YamlMap {
  return Object.fromEntries(
    Object.entries(ordered(conf)).map(([key, value]): [string, YamlValue] => [
      key,
      typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value,
    ]),
  );
}

// A node whose executors come and go begins with the fewest.
function withExecutors(conf: YamlMap): YamlMap {
  const fewest = conf['spark.dynamicAllocation.minExecutors'] ?? null;
  if (flagOf(conf['spark.dynamicAllocation.enabled']) !== true || fewest === null) return conf;
  return { 'spark.executor.instances': fewest, ...conf };
}

// Whom Spark acts for where nothing is said: on an attached pool itself, on the serverless one the user.
function actor(data: YamlMap): string | undefined {
  if ((data['compute'] ?? null) !== null) return 'Managed';
  return (data['resources'] ?? null) === null ? undefined : 'UserIdentity';
}
