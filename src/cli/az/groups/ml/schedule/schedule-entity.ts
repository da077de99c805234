import { compact, creationContext, filled, withResourceGroups } from '../entity.ts';
import { jobEntity } from '../job/job-entity.ts';
import { triggerEntity } from './trigger-wire.ts';

export type ScheduleResource = {
  readonly id: string;
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly systemData?: unknown;
};

type Wire = Record<string, unknown>;

/** A schedule as `az ml schedule show` prints it (client source): the job as `az ml job show` has it. */
export function scheduleEntity({ name, properties, systemData }: ScheduleResource): Record<string, unknown> {
  const action = (properties['action'] ?? {}) as Wire;
  const definition = action['jobDefinition'] as Wire | undefined;
  return withResourceGroups(
    compact({
      name,
      display_name: properties['displayName'],
      description: properties['description'],
      tags: filled(properties['tags']),
      properties: filled(properties['properties']),
      trigger: triggerEntity(properties['trigger']),
      create_job: definition && jobOf(definition),
      is_enabled: properties['isEnabled'],
      provisioning_state: properties['provisioningState'],
      creation_context: creationContext(systemData),
    }),
  );
}

/** A job that is not there yet: it has no name, and an id where it was made of another job. */
function jobOf(definition: Wire): Wire {
  const source = definition['sourceJobId'];
  const { id: _id, name: _name, ...job } = jobEntity({ id: '', name: '', properties: definition }, '');
  return { ...(typeof source === 'string' && source ? { id: `azureml:${source}` } : {}), ...job };
}
