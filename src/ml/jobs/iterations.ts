import { guidOf } from '../../kernel/ids.ts';
import type { ItemInputs, PlannedInput, RunPlan } from './plan.ts';

const GUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** The id that a run of a loop's template has in one iteration. The same iteration always has the same ids: planning it twice plans it once. */
export function iterationId(loopId: string, index: number, templateId: string): string {
  return guidOf(`${loopId}/${index}/${templateId}`);
}

/**
 * The runs of one iteration of a loop: the template's with ids, launches and places of their own.
 * @param inputs what this iteration sets of the body's inputs
 * @param now ISO-8601
 */
export function planIteration(
  loopId: string,
  body: readonly [RunPlan, ...RunPlan[]],
  index: number,
  inputs: ItemInputs,
  now: string,
): RunPlan[] {
  const ids = new Map<string, string>();
  for (const { runId, launchId } of body) {
    ids.set(runId, iterationId(loopId, index, runId));
    ids.set(launchId, iterationId(loopId, index, launchId));
  }
  // A loop that is itself in an iteration has another id than its template's body names as parent.
  ids.set(body[0].parent ?? '', loopId);
  const copy = JSON.parse(JSON.stringify(body).replace(GUID, (id) => ids.get(id) ?? id)) as RunPlan[];
  return copy.map((plan, position) => ({
    ...plan,
    createdAt: now,
    properties: { ...plan.properties, 'azureml.nodeid': plan.runId.slice(0, 8) },
    ...(position === 0 ? { displayName: `${plan.displayName}_${index}`, inputs: withItem(plan.inputs, inputs) } : {}),
  }));
}

function withItem(own: RunPlan['inputs'], item: ItemInputs): Record<string, PlannedInput> {
  const inputs: Record<string, PlannedInput> = { ...own };
  for (const [name, input] of Object.entries(item)) inputs[name] = { ...input, mode: own[name]?.mode ?? input.mode };
  return inputs;
}
