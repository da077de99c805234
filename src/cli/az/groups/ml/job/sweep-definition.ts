import { checkCommand } from '../component/interface.ts';
import type { Problems } from '../load/fields.ts';
import { any, checkShape, listOf, number, oneOf, type Shape, shaped, text, whole, word } from '../load/shape.ts';
import { isMap, pythonText, type YamlMap, type YamlValue } from '../load/yaml-value.ts';
import { TRIAL } from './keys.ts';

/** Members of each distribution of a search space, in the order that the wire has their values in (documented). */
export const DISTRIBUTION_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  choice: ['values'],
  randint: ['upper'],
  uniform: ['min_value', 'max_value'],
  loguniform: ['min_value', 'max_value'],
  quniform: ['min_value', 'max_value', 'q'],
  qloguniform: ['min_value', 'max_value', 'q'],
  normal: ['mu', 'sigma'],
  lognormal: ['mu', 'sigma'],
  qnormal: ['mu', 'sigma', 'q'],
  qlognormal: ['mu', 'sigma', 'q'],
};

const ALGORITHMS = word('random', 'grid', 'bayesian');

/** What a sweep holds beside its trial, as a job and as a node. */
export const SWEEP: Shape = {
  sampling_algorithm: oneOf(
    ALGORITHMS,
    shaped({ 'type!': ALGORITHMS, seed: whole, rule: word('random', 'sobol'), logbase: oneOf(number, text) }),
  ),
  // Judged by its distributions' types, below.
  search_space: any,
  'objective!': shaped({ 'goal!': word('minimize', 'maximize'), 'primary_metric!': text }),
  'limits!': shaped({ 'max_total_trials!': whole, max_concurrent_trials: whole, timeout: whole, trial_timeout: whole }),
  early_termination: shaped({
    'type!': word('bandit', 'median_stopping', 'truncation_selection'),
    evaluation_interval: whole,
    delay_evaluation: whole,
    slack_factor: number,
    slack_amount: number,
    truncation_percentage: whole,
  }),
};

/** Checks a sweep job's trial and search space; its other members are checked by their shape. */
export function checkSweepJob(data: YamlMap, folder: string, problems: Problems): void {
  checkSearchSpace(data, '', problems);
  const trial = data['trial'];
  if (!isMap(trial)) return;
  checkShape(trial, TRIAL, 'trial', problems);
  checkCommand(trial, folder, 'trial', problems, data);
}

/** Checks the distributions of a search space, those inside choices too. @param path the sweep's, empty at the top */
export function checkSearchSpace(data: YamlMap, path: string, problems: Problems): void {
  const space = data['search_space'];
  if (space === undefined || space === null) return;
  const at = path ? `${path}.search_space` : 'search_space';
  if (!isMap(space)) problems.add(at, 'Not a mapping of names to distributions.', { map: data, key: 'search_space' });
  else checkDistributions(space, at, problems);
}

function checkDistributions(space: YamlMap, path: string, problems: Problems): void {
  for (const [name, value] of Object.entries(space)) {
    const where = { map: space, key: name };
    if (!isMap(value)) {
      problems.add(`${path}.${name}`, 'Not a mapping: a distribution has a type and its values.', where, value);
      continue;
    }
    checkDistribution(value, `${path}.${name}`, where, problems);
  }
}

function checkDistribution(
  value: YamlMap,
  path: string,
  where: { readonly map: YamlMap; readonly key: string },
  problems: Problems,
): void {
  const type = distributionType(value);
  const members = DISTRIBUTION_MEMBERS[type];
  if (!members) {
    const known = Object.keys(DISTRIBUTION_MEMBERS).join(', ');
    problems.add(`${path}.type`, `Unknown distribution '${type}'. Must be one of: ${known}.`, where, type);
    return;
  }
  const kind = type === 'choice' ? listOf(any) : type === 'randint' ? whole : number;
  checkShape(
    value,
    { 'type!': text, ...Object.fromEntries(members.map((member) => [`${member}!`, kind])) },
    path,
    problems,
  );
  if (!Array.isArray(value['values'])) return;
  for (const [at, one] of value['values'].entries()) {
    if (!isMap(one)) continue;
    // A choice between sets of parameters: those that are mappings are distributions again, others are values.
    const inner = Object.entries(one).filter(([, member]) => isMap(member));
    checkDistributions(Object.fromEntries(inner), `${path}.values[${at}]`, problems);
  }
}

/** A distribution's type; empty for what is none. */
export function distributionType(value: YamlValue | undefined): string {
  return isMap(value) && value['type'] !== undefined ? pythonText(value['type']).toLowerCase() : '';
}
