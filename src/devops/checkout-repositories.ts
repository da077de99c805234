import { type Diagnostic, inlineRepository, makeDiagnostic, type Plan } from '../language/index.ts';
import { refusedPipeline } from './refuse-pipeline.ts';
import type { RunRepositories } from './run-repositories.ts';
import { CHECKOUT_TASK } from './runs/job-message.ts';
import type { RunRepository } from './runs/run-info.ts';

/**
 * Finds the repositories, besides the pipeline's own, that the steps of a plan check out.
 * @returns them by alias in lower case
 * @throws invalid, with diagnostics, when one isn't there
 */
export async function checkoutRepositories(
  plan: Plan,
  repositories: RunRepositories,
  projectId: string,
): Promise<Record<string, RunRepository>> {
  const found: Record<string, RunRepository> = {};
  const missing: Diagnostic[] = [];
  const asked = new Set(['', 'self', 'none']);
  for (const step of plan.stages.flatMap((stage) => stage.jobs).flatMap((job) => job.steps)) {
    const written = step.inputs['repository'] ?? '';
    const alias = written.toLowerCase();
    if (step.task.id !== CHECKOUT_TASK || !step.enabled || asked.has(alias)) continue;
    asked.add(alias);
    const declared = plan.repositories.find((one) => one.alias.toLowerCase() === alias) ?? inlineRepository(written);
    const one = declared && (await repositories.find(declared));
    if (one) {
      const { read: _, ...repository } = one;
      found[alias] = { ...repository, alias: written };
    } else {
      missing.push(
        makeDiagnostic('repository-not-found', [declared?.name ?? written, projectId, written], step.position),
      );
    }
  }
  if (missing.length > 0) throw refusedPipeline(missing);
  return found;
}
