import { isMap, pythonText, type YamlMap, YamlNumber, type YamlValue } from '../load/yaml-value.ts';
import { commandJobProperties } from './command-job.ts';
import { isoDuration } from './duration.ts';
import type { Submission } from './submission.ts';
import { DISTRIBUTION_MEMBERS, distributionType } from './sweep-definition.ts';
import { camel, resourcesOf, wholeNumber } from './wire-words.ts';

/**
 * A sweep job's own properties on the wire; code, environment and local inputs are sent on the way. The shape is what the public
 * client makes of the same file (recorded).
 */
export async function sweepJobProperties(
  submission: Submission,
  data: YamlMap,
  folder: string,
): Promise<Record<string, unknown>> {
  const trial = isMap(data['trial']) ? data['trial'] : {};
  const of = (key: string) => ({ [key]: data[key] ?? null });
  const whole = { ...trial, ...of('inputs'), ...of('outputs'), ...of('compute'), ...of('queue_settings') };
  const sent = await commandJobProperties(submission, { ...whole, limits: null }, folder);
  const { computeId, inputs, outputs, queueSettings, ...work } = sent;
  // What a sweep says nothing about, its trial says (recorded).
  const resources = resourcesOf(data['resources'] ?? trial['resources']);
  return {
    ...(computeId ? { computeId } : {}),
    inputs,
    outputs,
    ...(queueSettings ? { queueSettings } : {}),
    trial: work,
    ...sweepRules(data),
    ...(resources ? { resources: renamed(resources) } : {}),
  };
}

/** How a sweep job searches, on the wire. */
function sweepRules(data: YamlMap): Record<string, unknown> {
  const { search_space, sampling_algorithm, early_termination, limits, objective } = sweepMembers(data);
  return {
    searchSpace: Object.fromEntries(Object.entries(search_space).map(([name, value]) => [name, expression(value)])),
    samplingAlgorithm: samplingToWire(sampling_algorithm ?? 'random'),
    objective: renamed(objective),
    limits: {
      jobLimitsType: 'Sweep',
      ...Object.fromEntries(
        Object.entries(limits).map(([key, value]) => [
          camel(key),
          /timeout$/.test(key) && typeof value === 'number' ? isoDuration(value) : value,
        ]),
      ),
    },
    ...(early_termination ? { earlyTermination: renamed(withDefaults(early_termination)) } : {}),
  };
}

/** How an AutoML job searches, on the wire: as a sweep does, but for the algorithm, which is a word. */
export function automlSweep(sweep: YamlMap): Record<string, unknown> {
  const { sampling_algorithm: sampling, early_termination } = sweepMembers(sweep);
  return {
    samplingAlgorithm: isMap(sampling) ? sampling['type'] : (sampling ?? 'random'),
    ...(early_termination ? { earlyTermination: renamed(withDefaults(early_termination)) } : {}),
  };
}

/** How a sweep node searches, on the wire: as the file has it, but for the policy's type (recorded). */
export function sweepNodeMembers(data: YamlMap): Record<string, unknown> {
  const { sampling_algorithm, early_termination, ...rest } = sweepMembers(data);
  const resources = resourcesOf(data['resources']);
  return {
    ...rest,
    sampling_algorithm: sampling_algorithm ?? 'random',
    ...(early_termination ? { early_termination } : {}),
    ...(resources ? { resources } : {}),
  };
}

const COUNTS = ['max_total_trials', 'max_concurrent_trials', 'timeout', 'trial_timeout', 'seed'];
const POLICIES: Readonly<Record<string, string>> = {
  bandit: 'Bandit',
  medianstopping: 'MedianStopping',
  truncationselection: 'TruncationSelection',
};

/** The members of a sweep with their numbers as numbers (`--set` gives text, and so does `1e-5`), their words as the wire's. */
function sweepMembers(data: YamlMap) {
  const map = (key: string): YamlMap => (isMap(data[key]) ? data[key] : {});
  const early = map('early_termination');
  const policy = pythonText(early['type'] ?? '');
  const sampling = data['sampling_algorithm'];
  const { type: _type, ...rest } = early;
  const objective = map('objective');
  return {
    search_space: Object.fromEntries(Object.entries(map('search_space')).map(([name, value]) => [name, typed(value)])),
    objective: { ...objective, goal: pythonText(objective['goal'] ?? '').toLowerCase() } as YamlMap,
    limits: numbers(map('limits')),
    sampling_algorithm: isMap(sampling)
      ? numbers({ ...sampling, type: pythonText(sampling['type'] ?? '').toLowerCase() })
      : sampling === undefined || sampling === null
        ? undefined
        : pythonText(sampling).toLowerCase(),
    early_termination: policy
      ? { ...numbers(rest), policy_type: POLICIES[policy.replace(/[_\s-]/g, '').toLowerCase()] ?? policy }
      : undefined,
  };
}

function numbers(map: YamlMap): YamlMap {
  const entries = Object.entries(map).filter(([, value]) => value !== null);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, (COUNTS.includes(key) ? wholeNumber(value) : undefined) ?? numberOf(value)]),
  );
}

function numberOf(value: YamlValue): YamlValue {
  if (typeof value !== 'string' || value.trim() === '' || !Number.isFinite(Number(value))) return value;
  return new YamlNumber(Number(value), value);
}

// The values of a choice stay what they are: '1' is text.
function typed(value: YamlValue): YamlValue {
  const members = DISTRIBUTION_MEMBERS[distributionType(value)];
  if (!isMap(value) || !members) return value;
  const type = distributionType(value);
  const values = members.map((name): [string, YamlValue] => {
    const member = value[name] ?? null;
    if (type !== 'choice') return [name, numberOf(member)];
    return [name, Array.isArray(member) ? member.map(typedChoice) : member];
  });
  return { type, ...Object.fromEntries(values) };
}

function typedChoice(value: YamlValue): YamlValue {
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, typed(member)]));
}

/** `{type: uniform, min_value: 0, max_value: 1}` as `["uniform", [0, 1]]`, inside choices too. */
function expression(value: YamlValue): unknown {
  const type = distributionType(value);
  const members = DISTRIBUTION_MEMBERS[type];
  if (!isMap(value) || !members) return value;
  if (type !== 'choice') return [type, members.map((name) => value[name])];
  const values = Array.isArray(value['values']) ? value['values'] : [];
  const inner = (one: YamlValue) =>
    isMap(one)
      ? Object.fromEntries(
          Object.entries(one).map(([name, member]) => [name, isMap(member) ? expression(member) : member]),
        )
      : one;
  return [type, [values.map(inner)]];
}

function samplingToWire(sampling: YamlValue): Record<string, unknown> {
  const { type, ...rest } = isMap(sampling) ? sampling : { type: sampling };
  const word = pythonText(type ?? 'random');
  return { samplingAlgorithmType: word.charAt(0).toUpperCase() + word.slice(1), ...rest };
}

// The clients send zeros for what a job's policy leaves out (recorded).
function withDefaults(policy: YamlMap): YamlMap {
  const slack: YamlMap = policy['policy_type'] === 'Bandit' ? { slack_factor: 0, slack_amount: 0 } : {};
  return { evaluation_interval: 0, delay_evaluation: 0, ...slack, ...policy };
}

const renamed = (map: YamlMap) => Object.fromEntries(Object.entries(map).map(([key, value]) => [camel(key), value]));
