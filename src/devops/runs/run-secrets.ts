import type { LoadedRun } from './engine.ts';
import { createMasker } from './masking.ts';
import type { Variables } from './state.ts';

/**
 * A function that hides the run's secrets in every text of a document for an answer. A secret gets into what nobody declared secret: an output
 * made of one, a text that a template expression put one into.
 */
export function secretHider(run: LoadedRun): <T>(document: T) => T {
  const secrets = secretsOf(run);
  if (secrets.length === 0) return (document) => document;
  const masker = createMasker(secrets);
  return (document) =>
    JSON.parse(JSON.stringify(document), (_key, value: unknown) =>
      typeof value === 'string' ? masker.mask(value) : value,
    );
}

function secretsOf({ info, state }: LoadedRun): string[] {
  const levels: readonly Variables[] = [
    info.queueVariables,
    info.variables,
    ...Object.values(info.groups ?? {}),
    ...state.stages.flatMap((stage) => [
      stage.variables,
      ...stage.jobs.flatMap((job) => [job.variables, ...job.legs.map((leg) => leg.outputs)]),
    ]),
  ];
  return levels.flatMap((level) => Object.values(level).flatMap((one) => (one.isSecret ? [one.value] : [])));
}
