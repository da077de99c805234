import { limitExceeded } from '../../../kernel/errors.ts';
import type { RunPlan } from '../../jobs/plan.ts';
import { isObject, type Json, textField } from '../../wire-fields.ts';
import { planDoWhile, planIfElse, planParallelFor, readBlocks, readBody } from './control-nodes.ts';
import { badPipeline, type NodeContext, type Parent, type PlannedNode } from './pipeline-scope.ts';
import { type NodePlans, planNode } from './plan-node.ts';

/** How many nodes one pipeline may have; the service's own limit is lower and undocumented for nested ones. */
const NODE_LIMIT = 20_000;

/** Where a node stands in the control flow of its pipeline. */
type Place = { readonly conditionKey: string; readonly branch: boolean };

/**
 * Plans the nodes of a pipeline, and of pipelines inside it: parents before children, nodes in the order of their definition. The body of a loop
 * is planned with the loop.
 * @throws invalid for a cycle, an unknown binding, a missing or unknown input, a value that doesn't fit, control flow that leads nowhere
 */
export async function planNodes(context: NodeContext, parent: Parent, jobs: Json): Promise<RunPlan[]> {
  const keys = Object.keys(jobs);
  if (keys.length > NODE_LIMIT)
    throw limitExceeded(`A pipeline has at most ${NODE_LIMIT} nodes, this one ${keys.length}.`);
  const loops = new Map<string, string>();
  const places = new Map<string, Place>();
  for (const key of keys) {
    const type = controlTypeOf(jobs[key]);
    if (type === 'do_while' || type === 'parallel_for') {
      const body = readBody(key, jobs[key] as Json, jobs);
      if (loops.has(body))
        throw badPipeline(
          `The node '${body}' is the body of both '${loops.get(body)}' and '${key}'.`,
          'InvalidPipelineJob',
        );
      loops.set(body, key);
    }
  }
  for (const key of keys) {
    if (controlTypeOf(jobs[key]) !== 'if_else') continue;
    for (const [target, branch] of readBlocks(key, jobs[key] as Json, jobs)) {
      const node = loops.get(target) ?? target;
      const before = places.get(node);
      if (before)
        throw badPipeline(
          `The node '${target}' is in a block of both '${before.conditionKey}' and '${key}'.`,
          'InvalidPipelineJob',
        );
      places.set(node, { conditionKey: key, branch });
    }
  }

  const planned = new Map<string, { plans: NodePlans; seen: PlannedNode }>();
  const inProgress = new Set<string>();
  const planOf = async (wanted: string, wantedBy: string): Promise<PlannedNode> => {
    const key = loops.get(wanted) ?? wanted;
    const known = planned.get(key);
    if (known) return known.seen;
    const node = jobs[key];
    if (!isObject(node))
      throw badPipeline(
        `The node '${wantedBy}' reads from '${wanted}', which is not a node of the pipeline. Its nodes: ${keys.slice(0, 20).join(', ')}.`,
        'InvalidExpressionInJob',
      );
    if (inProgress.has(key))
      throw badPipeline(`The nodes ${[...inProgress, key].join(' → ')} wait for each other.`, 'InvalidPipelineJob');
    inProgress.add(key);
    const made = await planOne(key, node);
    inProgress.delete(key);
    planned.set(key, made);
    return made.seen;
  };

  async function planOne(key: string, node: Json): Promise<{ plans: NodePlans; seen: PlannedNode }> {
    const request = { context, parent, key, node, planOf, planNodes, jobs };
    const type = controlTypeOf(node);
    const place = places.get(key);
    const condition = place === undefined ? undefined : await planOf(place.conditionKey, key);
    const plans: NodePlans =
      type === 'if_else'
        ? [await planIfElse(request)]
        : type === 'do_while'
          ? [await planDoWhile(request)]
          : type === 'parallel_for'
            ? [await planParallelFor(request)]
            : await planNode(request);
    const [own, ...below] = plans;
    const needs =
      condition === undefined || place === undefined
        ? own.needs
        : [{ runId: condition.runId, branch: place.branch }, ...own.needs];
    return { plans: [{ ...own, needs }, ...below], seen: { runId: own.runId, outputs: own.outputs } };
  }

  for (const key of keys) if (!loops.has(key)) await planOf(key, key);
  return keys.flatMap((key) => planned.get(key)?.plans ?? []);
}

function controlTypeOf(node: unknown): string | undefined {
  return isObject(node) ? textField(node, 'type')?.toLowerCase() : undefined;
}
