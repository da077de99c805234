import type { Plan, PlanVariable } from '../3-plan/plan.ts';
import { expandVariables } from '../expressions/macros.ts';
import { isRuntimeExpression } from '../expressions/runtime.ts';
import type { Position } from '../position.ts';
import { legOf, type Part } from './find-part.ts';
import { named, type RunRecord, type RunVariables } from './run-record.ts';

/** What is known besides the pipeline: what it was or would be queued with, and for a run what it had. */
export type Knowledge = {
  readonly variables?: Readonly<Record<string, { readonly value: string }>>;
  /** The values of variable groups, by group. */
  readonly groups?: Readonly<Record<string, Readonly<Record<string, { readonly value: string }>>>>;
  readonly run?: RunRecord;
};

/** A variable as far as it is known: its value, or why there is none yet; and where it was set. */
export type KnownVariable = {
  readonly value?: string;
  readonly later?: string;
  readonly note?: string;
  readonly place?: Position;
  /** The text of a `$[ ]` that gives the value. */
  readonly expression?: string;
};

/**
 * Who looks: a stage's condition sees the pipeline's variables, a job's condition those of its stage too, a variable of a job also those
 * before it in the job's list; a step sees all, with the macros in their values replaced.
 */
export type Level = 'stage' | 'job' | 'variable' | 'step';

export type VariableLookup = (name: string) => KnownVariable | undefined;

/** The variables that a part sees at a level. Names ignore case. */
export function knownVariables(plan: Plan, part: Part, level: Level, knowledge: Knowledge): VariableLookup {
  const written = new Map<string, KnownVariable>();
  const put = (name: string, known: KnownVariable) => written.set(name.toLowerCase(), known);
  for (const [name, { value }] of Object.entries(knowledge.variables ?? {}))
    put(name, { value, note: 'set when the run is queued' });
  const addList = (list: readonly PlanVariable[], start: string) => {
    for (const entry of list) {
      const place = entry.position ? { place: entry.position } : {};
      if (entry.kind === 'group') {
        const group = Object.entries(knowledge.groups ?? {}).find(
          ([name]) => name.toLowerCase() === entry.name.toLowerCase(),
        );
        for (const [name, { value }] of Object.entries(group?.[1] ?? {}))
          put(name, { value, note: `of the group ${entry.name}`, ...place });
      } else if (isRuntimeExpression(entry.value))
        put(entry.name, { later: `known when ${start}`, expression: entry.value, ...place });
      else put(entry.name, { value: entry.value, ...place });
    }
  };
  addList(plan.variables, 'the run is queued');
  if (level !== 'stage') addList(part.stage.variables, `the stage ${part.stage.name} starts`);
  if ((level === 'step' || level === 'variable') && part.job) {
    addList(part.job.variables, `the job ${part.job.name} starts`);
    const leg = legOf(part, part.job.legs);
    for (const [name, value] of Object.entries(leg?.variables ?? {}))
      put(name, { value, note: `of the leg ${leg?.name}` });
  }
  if (knowledge.run) return runLookup(written, runLayers(knowledge.run, part, level), level);
  const lookup: VariableLookup = (name) => written.get(name.toLowerCase()) ?? predefined(name);
  return level === 'step' ? withMacros(lookup, written) : lookup;
}

/** At run time, steps see values in which the macros have been replaced. */
function withMacros(lookup: VariableLookup, written: ReadonlyMap<string, KnownVariable>): VariableLookup {
  const values = [...written].flatMap(([name, { value }]) => (value === undefined ? [] : [[name, { value }] as const]));
  const expanded = new Map(Object.entries(expandVariables(Object.fromEntries(values))));
  return (name) => {
    const known = lookup(name);
    const value = expanded.get(name.toLowerCase())?.value;
    return known && value !== undefined ? { ...known, value } : known;
  };
}

function predefined(name: string): KnownVariable | undefined {
  return /^(?:agent|build|system|environment|pipeline|strategy|checks|resources)\./i.test(name) ||
    /^tf_build$/i.test(name)
    ? { later: 'predefined: known in a run' }
    : undefined;
}

/** The run's variables in the order in which later ones win, as the engine layers them. */
function runLayers(run: RunRecord, part: Part, level: Level): RunVariables[] {
  const stage = named(run.stages, part.stage.name);
  if (level === 'stage') return [run.system, run.variables];
  const ofStage = only(stage?.variables ?? {}, part.stage.variables);
  if (level === 'job' || !part.job) return [run.system, run.variables, ofStage];
  const job = named(stage?.jobs ?? [], part.job.name);
  if (level === 'variable') return [run.system, run.variables, ofStage, only(job?.variables ?? {}, part.job.variables)];
  const leg = legOf(part, job?.legs ?? []);
  const matrix = Object.entries(leg?.variables ?? {}).map(([name, value]) => [name, { value }] as const);
  return [
    run.variables,
    stage?.variables ?? {},
    job?.variables ?? {},
    Object.fromEntries(matrix),
    run.system,
    leg?.system ?? {},
    // A step sees what the steps before it have set by their names.
    leg?.outputs ?? {},
  ];
}

/** The variables that a list sets: what is asked for may be the beginning of one. A group's can't be told from others. */
function only(variables: RunVariables, list: readonly PlanVariable[]): RunVariables {
  if (list.some((entry) => entry.kind === 'group')) return variables;
  return Object.fromEntries(Object.entries(variables).filter(([name]) => named(list, name)));
}

function runLookup(
  written: ReadonlyMap<string, KnownVariable>,
  layers: readonly RunVariables[],
  level: Level,
): VariableLookup {
  const found = new Map(
    layers.flatMap((layer) => Object.entries(layer).map(([name, one]) => [name.toLowerCase(), one])),
  );
  const plain = [...found].flatMap(([name, { value }]) => (value === null ? [] : [[name, { value }] as const]));
  const values = level === 'step' ? expandVariables(Object.fromEntries(plain)) : Object.fromEntries(plain);
  return (name) => {
    const key = name.toLowerCase();
    const { place, note, expression } = written.get(key) ?? {};
    const said = { ...(place ? { place } : {}), ...(note ? { note } : {}), ...(expression ? { expression } : {}) };
    const one = found.get(key);
    if (!one && place) return { later: 'not evaluated in the run: what it belongs to did not start', ...said };
    if (!one) return predefined(name) && { later: 'set by the agent, which the run does not keep' };
    return one.value === null
      ? { later: 'a secret, whose value is not shown', ...said }
      : { value: values[key]!.value, ...said };
  };
}
