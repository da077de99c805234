import { distributionOf } from '../component/spec.ts';
import { isMap, pythonText, type YamlMap, type YamlValue } from '../load/yaml-value.ts';
import { resolveByName } from '../references.ts';
import { isoDuration } from './duration.ts';
import { inputToWire, outputToWire } from './inputs.ts';
import { servicesToWire } from './services-to-wire.ts';
import { optionalText, type Submission } from './submission.ts';
import { camel, distributionName, flagOf, identityToWire, resourcesOf, textMap, wholeNumber } from './wire-words.ts';

/** What jobs of every type hold. */
export function commonProperties(
  data: YamlMap,
  about: { name: string | undefined; experiment?: string; properties: Record<string, string> },
) {
  const description = optionalText(data, 'description');
  const identity = identityToWire(data['identity'], 'camel');
  const services = servicesToWire(data, 'camel');
  const experimentName = optionalText(data, 'experiment_name') ?? about.experiment;
  const displayName = optionalText(data, 'display_name') ?? about.name;
  return {
    ...(description ? { description } : {}),
    properties: { ...textMap(data['properties']), ...about.properties },
    tags: textMap(data['tags']),
    ...(displayName === undefined ? {} : { displayName }),
    ...(experimentName === undefined ? {} : { experimentName }),
    ...(identity ? { identity } : {}),
    isArchived: false,
    ...(services ? { services } : {}),
  };
}

/** The resources of a job that is to run where it is submitted: the mark that the public clients set, and no compute (seen with 2.42.0). */
function locally(value: YamlValue | undefined): YamlMap {
  const resources = resourcesOf(value) ?? {};
  const given = isMap(resources['properties']) ? resources['properties'] : {};
  return { ...resources, properties: { ...given, IsLocal: { IsLocal: true } } };
}

/** A command job's own properties on the wire; code, environment and local inputs are sent on the way. */
export async function commandJobProperties(
  submission: Submission,
  data: YamlMap,
  folder: string,
): Promise<Record<string, unknown>> {
  const { scope } = submission;
  const code = await submission.code(data['code'], folder, false);
  const environmentId = await submission.environment(data['environment'] ?? '', folder);
  const inputs: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(isMap(data['inputs']) ? data['inputs'] : {})) {
    if (value !== null) inputs[name] = await inputToWire(scope, value, folder, 'camel');
  }
  const outputs = Object.entries(isMap(data['outputs']) ? data['outputs'] : {}).map(([name, value]) => [
    name,
    outputToWire(value, 'camel'),
  ]);
  const compute = optionalText(data, 'compute');
  const isLocal = compute?.replace(/^azureml:/, '') === 'local';
  const resources = isLocal ? locally(data['resources']) : resourcesOf(data['resources']);
  const distribution = distributionOf(data['distribution']);
  const timeout = isMap(data['limits']) ? wholeNumber(data['limits']['timeout']) : undefined;
  const queue = isMap(data['queue_settings']) ? data['queue_settings'] : undefined;
  return {
    ...(compute && !isLocal ? { computeId: resolveByName(scope, 'computes', compute) } : {}),
    ...(code ? { codeId: code } : {}),
    // Older files write {inputs.x} with single braces; the clients rewrite it (documented).
    command: pythonText(data['command'] ?? '').replace(
      /(?<![${])\{((?:inputs|outputs|search_space)\.[\w.]+)\}(?!\})/g,
      '${{$1}}',
    ),
    ...(distribution ? { distribution: distributionToWire(distribution) } : {}),
    environmentId,
    environmentVariables: textMap(data['environment_variables']),
    inputs,
    ...(timeout === undefined ? {} : { limits: { jobLimitsType: 'Command', timeout: isoDuration(timeout) } }),
    outputs: Object.fromEntries(outputs),
    ...(queue ? { queueSettings: queueToWire(queue) } : {}),
    ...(resources ? { resources: resourcesToWire(resources) } : {}),
  };
}

function distributionToWire(distribution: YamlMap): Record<string, unknown> {
  const { type, ...rest } = distribution;
  const word = pythonText(type ?? '');
  return {
    distributionType: distributionName(word) ?? word,
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [camel(key), flagOf(value) ?? value])),
  };
}

const PRIORITIES: Readonly<Record<string, number>> = { low: 1, medium: 2, high: 3 };

function queueToWire(queue: YamlMap): Record<string, unknown> {
  const tier = optionalText(queue, 'job_tier');
  const priority = queue['priority'];
  const level =
    typeof priority === 'string'
      ? (PRIORITIES[priority.toLowerCase()] ?? wholeNumber(priority))
      : wholeNumber(priority);
  return {
    ...(tier ? { jobTier: tier.charAt(0).toUpperCase() + tier.slice(1).toLowerCase() } : {}),
    ...(level === undefined ? {} : { priority: level }),
  };
}

/** Docker's arguments have another name as a list (client source). */
function resourcesToWire(resources: YamlMap): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(resources).map(([key, value]) => [
      key === 'docker_args' && Array.isArray(value) ? 'dockerArgsList' : camel(key),
      value,
    ]),
  );
}
