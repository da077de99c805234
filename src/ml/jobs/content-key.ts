import { createHash } from 'node:crypto';
import type { RunValue } from '../types.ts';
import type { RunPlan, RunState } from './plan.ts';

const VERSION = /\/versions\/[^/]+$|^azureml:[^/:@]+:[^/:@]+$/i;

/** What makes data the same: a named version by its id, everything else by where it lies (uploads lie under their content's hash). */
function identityOf(value: RunValue): string {
  if (value.kind === 'literal') return `=${value.value}`;
  return `@${value.type} ${value.assetId !== undefined && VERSION.test(value.assetId) ? value.assetId : value.uri}`;
}

/**
 * The key under which equal runs find each other: the node's definition (`plan.reuse`: component, code, environment, settings that matter)
 * and the identities of what it reads, as they are once the run is ready (documented rule).
 */
export function readyKeyOf(plan: RunPlan, state: Pick<RunState, 'inputs'>): string {
  const hash = createHash('sha256').update(plan.reuse ?? '');
  for (const name of Object.keys(plan.inputs).sort()) {
    const input = plan.inputs[name];
    if (input === undefined) continue;
    const actual = state.inputs?.[name];
    const value = actual === undefined ? input.value : actual;
    if (value !== null) hash.update(`\n${name} ${input.mode} ${identityOf(value)}`);
  }
  return hash.digest('hex');
}
