import { durationSeconds } from './duration.ts';
import { DISTRIBUTION_MEMBERS } from './sweep-definition.ts';
import { snake } from './wire-words.ts';

type Wire = Record<string, unknown>;

const asWire = (value: unknown): Wire =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Wire) : {};

/** How a sweep searches, as a shown job has it: in the words of its YAML (recorded). */
export function sweepRulesEntity(properties: Wire): Wire {
  const { samplingAlgorithmType, ...sampling } = asWire(properties['samplingAlgorithm']);
  const { policyType, ...policy } = asWire(properties['earlyTermination']);
  const { jobLimitsType: _type, ...limits } = asWire(properties['limits']);
  const objective = asWire(properties['objective']);
  return {
    sampling_algorithm: samplingAlgorithmType
      ? { type: String(samplingAlgorithmType).toLowerCase(), ...renamed(sampling) }
      : undefined,
    search_space: Object.fromEntries(
      Object.entries(asWire(properties['searchSpace'])).map(([name, value]) => [name, distributionOf(value)]),
    ),
    objective: { ...renamed(objective), goal: String(objective['goal'] ?? '').toLowerCase() },
    early_termination: policyType ? { type: snake(String(policyType)).slice(1), ...renamed(policy) } : undefined,
    limits: renamed(limits),
  };
}

// Durations are seconds in YAML; what is null was not said.
function renamed(wire: Wire): Wire {
  return Object.fromEntries(
    Object.entries(wire)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [snake(key), /timeout$/i.test(key) ? durationSeconds(String(value)) : value]),
  );
}

/** `["uniform", [0, 1]]` as `{type: uniform, min_value: 0, max_value: 1}`, inside choices too; other values stay. */
function distributionOf(value: unknown): unknown {
  if (!Array.isArray(value) || !Array.isArray(value[1])) return value;
  const type = String(value[0]);
  const members = DISTRIBUTION_MEMBERS[type];
  if (!members) return value;
  const given: unknown[] = value[1];
  if (type !== 'choice') return { type, ...Object.fromEntries(members.map((name, at) => [name, given[at]])) };
  const inner = (one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).map(([name, member]) => [name, distributionOf(member)]))
      : one;
  return { type, values: Array.isArray(given[0]) ? given[0].map(inner) : given[0] };
}
