import { compact, creationContext, filled, type Wire, wireOf } from '../entity.ts';
import { prefixedId } from '../references.ts';
import { automlEntity } from './automl-entity.ts';
import { durationSeconds } from './duration.ts';
import { dataReference, distributionEntity, identityOf, mapValues, shortOf, textOf } from './entity-parts.ts';
import { fineTuningEntity } from './finetuning-entity.ts';
import { nodeEntity } from './node-entity.ts';
import { sparkJobEntity } from './spark-entity.ts';
import { sweepRulesEntity } from './sweep-entity.ts';
import { modeWord, serviceWord, snake } from './wire-words.ts';

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
  if (type === 'pipeline') return pipelineEntity(common, properties);
  if (type === 'sweep') return sweepEntity(common, properties);
  if (type === 'spark' || type === 'automl' || type === 'finetuning') return storedEntity(type, common, properties);
  const timeout = durationSeconds(String(wireOf(properties['limits'])?.['timeout'] ?? ''));
  return compact({
    ...common,
    ...workEntity(properties),
    queue_settings: queueEntity(properties['queueSettings']),
    limits: timeout === undefined ? undefined : { timeout },
    parameters: properties['parameters'] ?? {},
    inputs: mapValues(properties['inputs'], inputEntity),
    outputs: mapValues(properties['outputs'], outputEntity),
  });
}

/** What a command job and a sweep's trial run. */
function workEntity(properties: Wire): Wire {
  return {
    command: properties['command'],
    code: textOf(properties['codeId']) === undefined ? undefined : codeReference(String(properties['codeId'])),
    environment: shortOf(properties['environmentId']),
    environment_variables: properties['environmentVariables'] ?? {},
    resources: resourcesEntity(properties['resources']),
    distribution: distributionEntity(properties['distribution'], 'distributionType'),
  };
}

function sweepEntity(common: Wire, properties: Wire): Record<string, unknown> {
  const trial = wireOf(properties['trial']) ?? {};
  // Unlike a command job's, a trial's environment keeps its whole id, and the job's own links name no type (recorded).
  const environment = textOf(trial['environmentId']);
  return compact({
    ...common,
    services: linksWithoutTypes(common['services']),
    trial: compact({ ...workEntity(trial), environment: environment && prefixedId(environment) }),
    ...sweepRulesEntity(properties),
    resources: resourcesEntity(properties['resources']),
    queue_settings: queueEntity(properties['queueSettings']),
    inputs: mapValues(properties['inputs'], inputEntity),
    outputs: mapValues(properties['outputs'], outputEntity),
  });
}

/** What is kept as it was sent, and never run. Its links name no type; a Spark job's id and maker are not shown (recorded). */
function storedEntity(
  type: 'spark' | 'automl' | 'finetuning',
  common: Wire,
  properties: Wire,
): Record<string, unknown> {
  const { id, creation_context, ...rest } = common;
  const own = { spark: sparkJobEntity, automl: automlEntity, finetuning: fineTuningEntity }[type](properties);
  return compact({
    ...rest,
    ...(type === 'spark' ? {} : { id, creation_context }),
    services: linksWithoutTypes(common['services']),
    code: textOf(properties['codeId']) === undefined ? undefined : codeReference(String(properties['codeId'])),
    environment: shortOf(properties['environmentId']),
    environment_variables: filled(properties['environmentVariables']),
    queue_settings: queueEntity(properties['queueSettings']),
    inputs: type === 'spark' ? mapValues(properties['inputs'], inputEntity) : undefined,
    outputs: mapValues(properties['outputs'], outputEntity),
    ...own,
  });
}

function linksWithoutTypes(services: unknown): Wire {
  return mapValues(services, ({ type, ...service }) =>
    type === 'Studio' || type === 'Tracking' ? service : { ...service, type },
  );
}

function pipelineEntity(common: Wire, properties: Wire): Record<string, unknown> {
  const settings = wireOf(properties['settings']) ?? {};
  const shown = compact({
    default_datastore: shortOf(settings['default_datastore']),
    default_compute: shortOf(settings['default_compute']),
    continue_on_step_failure: settings['continue_on_step_failure'],
    force_rerun: settings['force_rerun'],
  });
  const whole = compact({
    ...common,
    component: shortOf(properties['componentId']),
    settings: shown,
    inputs: mapValues(properties['inputs'], inputEntity),
    outputs: mapValues(properties['outputs'], outputEntity),
    jobs: mapValues(properties['jobs'], nodeEntity),
  });
  // A pipeline's dump leaves out what is empty.
  return Object.fromEntries(
    Object.entries(whole).filter(([, value]) => !wireOf(value) || Object.keys(value as Wire).length > 0),
  );
}

function visibleTags(tags: unknown): Wire {
  const entries = Object.entries(wireOf(tags) ?? {});
  return Object.fromEntries(entries.filter(([key]) => isVisibleTag(key)));
}

/** Whether a tag is the user's: the service's own are not shown (client source). */
export const isVisibleTag = (key: string): boolean => !key.includes('_aml_system_') && !key.includes('platform_config');

// Code keeps its whole id.
const codeReference = (id: string) => (id.startsWith('/') ? `azureml:${id}` : id);

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

function resourcesEntity(resources: unknown): Wire | undefined {
  const wire = wireOf(resources);
  if (!wire) return undefined;
  const entries = Object.entries(wire).map(([key, value]) => [
    key === 'dockerArgsList' ? 'docker_args' : snake(key),
    value,
  ]);
  return compact({ properties: {}, ...compact(Object.fromEntries(entries)) });
}

function queueEntity(queue: unknown): Wire | undefined {
  const wire = wireOf(queue);
  if (!wire) return undefined;
  const level = ['low', 'medium', 'high'][Number(wire['priority']) - 1];
  return compact({ job_tier: textOf(wire['jobTier'])?.toLowerCase(), priority: level });
}

function inputEntity(input: Wire): unknown {
  if (input['jobInputType'] === 'literal') return input['value'];
  const mode = textOf(input['mode']);
  return compact({
    mode: mode && modeWord(mode),
    type: input['jobInputType'],
    path: textOf(input['uri']) === undefined ? undefined : dataReference(String(input['uri'])),
  });
}

function outputEntity(output: Wire): unknown {
  const mode = textOf(output['mode']);
  return compact({
    name: output['assetName'],
    mode: mode && modeWord(mode),
    type: output['jobOutputType'],
    path: textOf(output['uri']),
    description: textOf(output['description']),
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
