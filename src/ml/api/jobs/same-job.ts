import { invalid } from '../../../kernel/errors.ts';
import { fieldOf, type Json, objectField, textField } from '../../wire-fields.ts';

/** What makes a job another one, by the name that the service has for it: how it is read from a body. Ids compare in any casing. */
const IDENTITY: Readonly<Record<string, (properties: Json) => string | undefined>> = {
  JobType: (properties) => textField(properties, 'jobType')?.toLowerCase(),
  Command: (properties) =>
    (textField(properties, 'command') ?? textField(objectField(properties, 'trial'), 'command'))?.trim(),
  CodeId: (properties) =>
    (textField(properties, 'codeId') ?? textField(objectField(properties, 'trial'), 'codeId'))?.toLowerCase(),
  Jobs: (properties) => {
    const nodes = fieldOf(properties, 'jobs');
    return typeof nodes === 'object' && nodes !== null ? Object.keys(nodes).sort().join() : undefined;
  },
};

/**
 * Whoever sends a job under the name of another one is told, in the service's words (seen), instead of being given the other. The service compares
 * every property, and so refuses what its own client read and only tagged; here what the job does is compared, where both say it.
 * @throws invalid, UserError (Immutable, JobPropertyImmutable)
 */
export function checkSameJob(stored: Json, sent: Json): void {
  for (const [property, read] of Object.entries(IDENTITY)) {
    const [before, now] = [read(stored), read(sent)];
    if (before === undefined || now === undefined || before === now) continue;
    throw invalid(
      `A job with this name already exists. If you are trying to create a new job, use a different name. If you are trying to update an existing job, the existing job's ${property} cannot be changed. Only description, tags, displayName, properties, and isArchived can be updated.`,
      { wire: 'UserError', target: property, details: ['Immutable', 'JobPropertyImmutable'] },
    );
  }
}
