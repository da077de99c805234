import type { Plan } from '../3-plan/plan.ts';
import { lookUp } from '../expressions/access.ts';
import type { Scope } from '../expressions/evaluate.ts';
import type { Expression } from '../expressions/tree.ts';
import type { ObjectValue, Value } from '../expressions/value.ts';
import type { ExpressionPart } from './explanation.ts';
import { lazy, namesOf, notKnown, type Remark } from './expression-tree.ts';
import type { Part } from './find-part.ts';
import { jobDependencies, jobsOf, stageDependencies, stageOutcome } from './known-dependencies.ts';
import { type Asker, peersOf, statusBefore, statusOf, wasCanceled } from './known-status.ts';
import type { Knowledge, VariableLookup } from './known-variables.ts';
import { named, type RunRecord } from './run-record.ts';
import { showValue } from './show-value.ts';

/** What a condition or `$[ ]` of a part sees, as far as it is known, and what there is to say of a value in it (undefined: there is none yet). */
export type RuntimeValues = { readonly scope: Scope; remark(node: Expression, value: Value | undefined): Remark };

/** The runtime contexts of a part. What only a run knows raises `NotKnownYet`. */
export function runtimeValues(
  plan: Plan,
  part: Part,
  level: Asker,
  variables: VariableLookup,
  knowledge: Knowledge,
): RuntimeValues {
  const { run } = knowledge;
  const contexts: Readonly<Record<string, () => Value>> = {
    variables: () => variablesContext(variables, run),
    dependencies: () =>
      level === 'stage' ? stageDependencies(plan, part, run, stageOutcome) : jobDependencies(part, run),
    stagedependencies: () => stageDependencies(plan, part, run, jobsOf),
    resources: () => lazy(() => notKnown('known in a run')),
    pipeline: () => lazy(() => notKnown('known in a run')),
  };
  const scope: Scope = {
    context: (name) => contexts[name]?.(),
    host: {
      status: statusOf(part, level, run),
      counter: () => notKnown(run ? 'drawn when the run was queued' : 'drawn when the run is queued'),
    },
  };
  return { scope, remark: (node, value) => remarkOf(node, value, { part, level, variables, run, scope }) };
}

function variablesContext(variables: VariableLookup, run: RunRecord | undefined): ObjectValue {
  return lazy((name) => {
    const known = variables(name);
    if (known?.value !== undefined) return known.value;
    if (known?.later) notKnown(known.later);
    if (!run) notKnown('not set in the YAML: empty, unless the run is given it or a step sets it');
    return undefined;
  });
}

type Around = {
  readonly part: Part;
  readonly level: Asker;
  readonly variables: VariableLookup;
  readonly run: RunRecord | undefined;
  readonly scope: Scope;
};

function remarkOf(node: Expression, value: Value | undefined, around: Around): Remark {
  if (node.kind === 'call') return node.definition && isStatus(node.name) ? statusRemark(node.args, around) : {};
  if (node.kind !== 'access' || node.target.kind !== 'name') return {};
  const context = node.target.name.toLowerCase();
  const [first] = node.steps;
  if (context === 'variables' && first?.kind === 'key' && first.key.kind === 'literal') {
    const known = around.variables(String(first.key.value));
    if (!known) return { note: 'not set' };
    return { ...(known.note ? { note: known.note } : {}), ...(known.place ? { place: known.place } : {}) };
  }
  return value === null && context.endsWith('dependencies') ? { note: missing(node, context, around) } : {};
}

function isStatus(name: string): boolean {
  return /^(?:succeeded|failed|succeededOrFailed)$/i.test(name);
}

function statusRemark(args: readonly Expression[], { part, level, run }: Around): Remark {
  const dependsOn = (level === 'stage' ? part.stage.dependsOn : part.job?.dependsOn) ?? [];
  for (const arg of args) {
    const name = arg.kind === 'literal' ? String(arg.value) : undefined;
    if (name !== undefined && !dependsOn.some((one) => one.toLowerCase() === name.toLowerCase()))
      return { note: `'${name}' is not in dependsOn` };
  }
  if (!run) return level === 'step' ? {} : { note: 'unless the run is canceled' };
  if (level === 'step') {
    const { status, because } = statusBefore(part, run);
    return { parts: [leaf('agent.jobStatus', status, because)] };
  }
  if (args.length > 0) return {};
  const peers = peersOf(part, level, run);
  const parts = dependsOn.map((name) => leaf(`dependencies.${name}.result`, named(peers, name)?.result ?? 'Skipped'));
  return { parts, ...(wasCanceled(part, run) ? { note: 'the run is canceled' } : {}) };
}

function leaf(text: string, value: string, note?: string): ExpressionPart {
  return { text, state: 'value', value: showValue(value), data: value, ...(note ? { note } : {}), parts: [] };
}

/** Why a look-up in `dependencies` found nothing: the first key that isn't there, and what is. */
function missing(node: Extract<Expression, { kind: 'access' }>, context: string, around: Around): string {
  let at: Value = around.scope.context(context) ?? null;
  let path = context === 'dependencies' ? 'dependencies' : 'stageDependencies';
  for (const step of node.steps) {
    if (step.kind !== 'key' || step.key.kind !== 'literal' || at === null || typeof at !== 'object') break;
    const next = lookUp(at, step.key.value);
    const key = String(step.key.value);
    if (next === null) {
      const names = at.kind === 'object' ? namesOf(at) : [];
      return `${path} has no '${key}'${names.length > 0 ? `, only ${names.join(', ')}` : ': it is empty'}`;
    }
    at = next;
    path += `.${key}`;
  }
  return 'nothing there';
}
