import { compact, creationContext, type Wire, wireOf } from '../entity.ts';
import { identityOf, mapValues, shortOf, textOf } from './entity-parts.ts';
import { JOB_TYPES } from './types/index.ts';
import { serviceWord } from './wire-words.ts';

export type JobResource = {
  readonly id: string;
  readonly name: string;
  readonly properties: Wire;
  readonly systemData?: unknown;
};

/**
 * A job as `az ml job show` prints it: the clients' entity, references shortened (recorded).
 * @param tenant added to the studio link as `&tid=`
 */
export function jobEntity(resource: JobResource, tenant: string): Record<string, unknown> {
  const { properties } = resource;
  const type = String(properties['jobType'] ?? '').toLowerCase();
  const common = {
    name: resource.name,
    id: `azureml:${resource.id}`,
    description: textOf(properties['description']),
    tags: visibleTags(properties['tags']),
    creation_context: creationContext(resource.systemData),
    services: servicesOf(properties['services'], tenant),
    display_name: properties['displayName'],
    status: properties['status'],
    experiment_name: properties['experimentName'],
    properties: properties['properties'] ?? {},
    compute: shortOf(properties['computeId']),
    identity: identityOf(properties['identity']),
    type,
  };
  const shown = JOB_TYPES.find((known) => known.jobType.toLowerCase() === type) ?? JOB_TYPES[0];
  return shown.entity(common, properties);
}

function visibleTags(tags: unknown): Wire {
  const entries = Object.entries(wireOf(tags) ?? {});
  return Object.fromEntries(entries.filter(([key]) => isVisibleTag(key)));
}

/** Whether a tag is the user's: the service's own are not shown (client source). */
export const isVisibleTag = (key: string): boolean => !key.includes('_aml_system_') && !key.includes('platform_config');

function servicesOf(services: unknown, tenant: string): Wire {
  return mapValues(services, (service) => {
    const type = textOf(service['jobServiceType']);
    const endpoint = textOf(service['endpoint']);
    return compact({
      endpoint:
        endpoint && type === 'Studio' && tenant && !endpoint.includes('&tid=') ? `${endpoint}&tid=${tenant}` : endpoint,
      type: type === 'Studio' || type === 'Tracking' ? type : type && serviceWord(type),
      port: service['port'],
      status: service['status'],
      error_message: service['errorMessage'],
      properties: service['properties'],
      // What a service of its type has of them is shown by itself too (recorded).
      ...(type === 'SSH' ? { ssh_public_keys: wireOf(service['properties'])?.['sshPublicKeys'] } : {}),
      ...(type === 'TensorBoard' ? { log_dir: wireOf(service['properties'])?.['logDir'] } : {}),
      nodes: wireOf(service['nodes'])?.['nodesValueType'] === 'All' ? 'all' : undefined,
    });
  });
}

/** Columns of `az ml job list -o table`. */
export function jobTable(result: unknown): unknown {
  return (Array.isArray(result) ? result : [result]).map((job: Wire) => ({
    name: job['name'],
    status: job['status'],
    experiment: job['experiment_name'],
    'compute target': job['compute'] ?? '',
    'job type': job['type'],
    'created on': wireOf(job['creation_context'])?.['created_at'],
  }));
}
