import { isExecuted } from '../../jobs/job-tree.ts';
import type { Need, RunPlan } from '../../jobs/plan.ts';
import { isObject, type Json, objectField, textField } from '../../wire-fields.ts';
import { badPipeline } from './pipeline-scope.ts';
import type { PipelineSettings } from './settings.ts';

/** What the setting of either node is called by those who write it. */
type Setting = 'on_init' | 'on_finalize';

/**
 * Puts the node of `on_init` before all others of the pipeline, and that of `on_finalize` after them, whether they completed, failed or were
 * canceled (documented by the SDK, which refuses the same as this).
 * @param runs the pipeline's nodes and what is below them
 * @param rootId the pipeline's own run
 * @throws invalid for a node that isn't there, that is control flow, that another node's data comes from or goes to, or that is alone
 */
export function placeFirstAndLast(
  runs: readonly RunPlan[],
  rootId: string,
  jobs: Json,
  { onInit, onFinalize }: Pick<PipelineSettings, 'onInit' | 'onFinalize'>,
): readonly RunPlan[] {
  refuseBelow(jobs);
  if (onInit === undefined && onFinalize === undefined) return runs;
  if (onInit === onFinalize) throw refuse('on_init', `and on_finalize are both '${onInit}'. They need a node each.`);
  const nodes = runs.filter((run) => run.parent === rootId);
  const first = onInit === undefined ? undefined : isolated(nodes, 'on_init', onInit);
  const last = onFinalize === undefined ? undefined : isolated(nodes, 'on_finalize', onFinalize);
  const others = nodes.filter((run) => run !== first && run !== last);
  if (others.length === 0)
    throw badPipeline('The pipeline has no node besides those of on_init and on_finalize.', 'InvalidPipelineJob');
  const afterFirst: Need[] = first ? [{ runId: first.runId }] : [];
  return runs.map((run): RunPlan => {
    if (run === last) {
      const all = first ? [first, ...others] : others;
      return { ...run, atEnd: true, needs: all.map(({ runId }) => ({ runId, whatever: true })) };
    }
    return run.parent === rootId && run !== first ? { ...run, needs: [...afterFirst, ...run.needs] } : run;
  });
}

/** The node of a setting, which has to stand by itself. */
function isolated(nodes: readonly RunPlan[], setting: Setting, key: string): RunPlan {
  const node = nodes.find((run) => run.nodeKey === key);
  if (!node)
    throw refuse(setting, `names '${key}', which is not a node. Nodes: ${nodes.map((one) => one.nodeKey).join(', ')}.`);
  if (!isExecuted(node) && node.work.kind !== 'pipeline')
    throw refuse(setting, `names '${key}', which is control flow. Name a node that does work.`);
  if (node.needs.length > 0 || nodes.some((other) => other.needs.some((need) => need.runId === node.runId)))
    throw refuse(setting, `names '${key}', which is connected to another node. Take the binding out.`);
  return node;
}

/** A pipeline inside another has no such nodes. */
function refuseBelow(jobs: Json): void {
  for (const [key, node] of Object.entries(jobs)) {
    const settings = isObject(node) ? objectField(node, 'settings') : {};
    for (const [field, setting] of [['onInit', 'on_init'] as const, ['onFinalize', 'on_finalize'] as const])
      if (textField(settings, field))
        throw refuse(
          setting,
          `is not supported in a pipeline that is a node, as in '${key}'. Set it in the whole pipeline.`,
        );
  }
}

function refuse(setting: Setting, text: string): Error {
  return badPipeline(`The setting ${setting} ${text}`, 'InvalidPipelineJob');
}
