import { chooseForRepository, inlineRepository } from '../2-expand/repositories.ts';
import type { Plan } from './plan.ts';

/**
 * Looks for something that a person gave for a repository which the pipeline neither declares nor checks out by `git://`.
 * @returns a sentence with the names that are declared; undefined where all are meant for one
 */
export function unusedForRepositories(given: readonly { readonly name: string }[], plan: Plan): string | undefined {
  const steps = plan.stages.flatMap((stage) => stage.jobs).flatMap((job) => job.steps);
  const inline = steps
    .map((step) => inlineRepository(step.inputs['repository'] ?? ''))
    .filter((one) => one !== undefined);
  const known = [...plan.repositories, ...inline];
  const unused = given.find((one) => !known.some((repository) => chooseForRepository([one], repository)));
  if (!unused) return undefined;
  const names = known.map(({ alias }) => alias).join(', ');
  return `The pipeline declares no repository '${unused.name}'; it declares ${names || 'none'}.`;
}
