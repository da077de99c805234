import { readyKeyOf } from './content-key.ts';
import { isTerminal, isWaiting, outcomeOf } from './job-status.ts';
import type { Need, RunPlan, RunState, Work } from './plan.ts';

/** A run with what a decision needs at hand of the runs around it, so that no decision has to look at all of them. */
export type TreeRun = {
  readonly plan: RunPlan;
  readonly state: RunState;
  /** How many of its needs have not ended. */
  readonly unmet: number;
  /** Of its children: how many there are, have not ended, have begun and not ended, failed, were canceled. */
  readonly total: number;
  readonly open: number;
  readonly active: number;
  readonly failed: number;
  readonly canceled: number;
  /** Loops: the first iteration that may not have been started. */
  readonly next: number;
  /** Its children were asked to end. */
  readonly ending: boolean;
  /** Whether a server that went down launched it without coming to write that: `unknown` until it was looked for. */
  readonly launched: 'no' | 'yes' | 'unknown';
};

/** The runs of one job with their relations. Decisions read it; `applyStep` alone changes it. */
export type JobTree = {
  /** Parents before children; the first is the job's own. */
  readonly runs: Map<string, TreeRun>;
  readonly root: string;
  readonly children: Map<string, string[]>;
  /** Who needs a run, and how. */
  readonly readers: Map<string, { readonly runId: string; readonly need: Need }[]>;
  /** The first of the equal runs that was started, by content key. */
  readonly equals: Map<string, string>;
  /** Equal runs that wait for the first one's result. */
  readonly followers: Map<string, string[]>;
  /** Taken up after a restart. */
  readonly recovered: boolean;
};

const CONTROL: readonly Work['kind'][] = ['pipeline', 'if_else', 'do_while', 'parallel_for'];

/** Whether a run is executed, rather than made of others or of a decision. */
export function isExecuted(plan: RunPlan): boolean {
  return !CONTROL.includes(plan.work.kind);
}

/** Whether no more of a run's children are to start. */
export function isEnding(run: TreeRun): boolean {
  if (run.state.status === 'CancelRequested') return true;
  const { work } = run.plan;
  return run.failed > 0 && 'continueOnStepFailure' in work && !work.continueOnStepFailure;
}

/** What a decision changes. */
export type TreeStep = {
  readonly changed: ReadonlyMap<string, TreeRun>;
  readonly added: readonly RunPlan[];
  readonly equals: ReadonlyMap<string, string>;
  readonly followers: readonly { readonly first: string; readonly runId: string }[];
};

const fresh = (plan: RunPlan, state: RunState): TreeRun => ({
  plan,
  state,
  unmet: plan.needs.length,
  total: 0,
  open: 0,
  active: 0,
  failed: 0,
  canceled: 0,
  next: 0,
  ending: false,
  launched: 'no',
});

/** A run that has just been added to the tree, as `decide` sees it. */
export function addedRun(plan: RunPlan): TreeRun {
  return fresh(plan, { status: 'NotStarted' });
}

function relate(tree: JobTree, plan: RunPlan): void {
  if (plan.parent !== undefined) push(tree.children, plan.parent, plan.runId);
  for (const need of plan.needs) push(tree.readers, need.runId, { runId: plan.runId, need });
}

function push<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

/**
 * Makes the tree of a job's runs as they are stored.
 * @param stored parents before children; the first is the job's own
 */
export function buildTree(
  stored: readonly { readonly plan: RunPlan; readonly state: RunState }[],
  recovered: boolean,
): JobTree {
  const tree: JobTree = {
    runs: new Map(),
    root: stored[0]?.plan.runId ?? '',
    children: new Map(),
    readers: new Map(),
    equals: new Map(),
    followers: new Map(),
    recovered,
  };
  for (const { plan, state } of stored) {
    const isUnsure = recovered && isExecuted(plan) && isWaiting(state.status);
    tree.runs.set(plan.runId, { ...fresh(plan, state), launched: isUnsure ? 'unknown' : 'no' });
    relate(tree, plan);
  }
  for (const run of tree.runs.values()) {
    const unmet = run.plan.needs.filter((need) => {
      const producer = tree.runs.get(need.runId);
      return producer !== undefined && !isTerminal(producer.state.status);
    }).length;
    const children = (tree.children.get(run.plan.runId) ?? []).map((id) => (tree.runs.get(id) as TreeRun).state);
    const count = (test: (state: RunState) => boolean) => children.filter(test).length;
    const counted: TreeRun = {
      ...run,
      unmet,
      total: children.length,
      open: count((state) => !isTerminal(state.status)),
      active: count((state) => !isTerminal(state.status) && !isWaiting(state.status)),
      failed: count((state) => outcomeOf(state) === 'failed'),
      canceled: count((state) => outcomeOf(state) === 'canceled'),
    };
    // A pipeline's nodes were asked to end in the commit that began its end: one that runs now is the one that comes after all others.
    const ending = run.plan.work.kind === 'pipeline' && isEnding(counted);
    tree.runs.set(run.plan.runId, { ...counted, ending });
    // A run that began before the server went down was decided to be executed, equal ones notwithstanding: those that did not wait for it again.
    if (run.plan.reuse === undefined || isWaiting(run.state.status) || run.state.reused) continue;
    if (isTerminal(run.state.status) && run.state.status !== 'Completed') continue;
    const key = readyKeyOf(run.plan, run.state);
    if (!tree.equals.has(key)) tree.equals.set(key, run.plan.runId);
  }
  return tree;
}

/** Makes the tree what a decision says. */
export function applyStep(tree: JobTree, step: TreeStep): void {
  for (const plan of step.added) relate(tree, plan);
  for (const [runId, run] of step.changed) tree.runs.set(runId, run);
  for (const [key, runId] of step.equals) tree.equals.set(key, runId);
  for (const { first, runId } of step.followers) push(tree.followers, first, runId);
}
