import { compact, creationContext } from '../entity.ts';
import { shortReference } from '../references.ts';
import { durationSeconds } from './duration.ts';
import { sweepRulesEntity } from './sweep-entity.ts';
import { identityWord, modeWord, serviceWord, snake } from './wire-words.ts';

type Wire = Record<string, unknown>;
export type JobResource = {
  readonly id: string;
  readonly name: string;
  readonly properties: Wire;
  readonly systemData?: unknown;
};

const asWire = (value: unknown): Wire | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Wire) : undefined;
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const short = (value: unknown) => (text(value) === undefined ? undefined : shortReference(String(value)));

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
    description: text(properties['description']),
    tags: visibleTags(properties['tags']),
    creation_context: creationContext(resource.systemData),
    services: servicesOf(properties['services'], tenant),
    display_name: properties['displayName'],
    status: properties['status'],
    experiment_name: properties['experimentName'],
    properties: properties['properties'] ?? {},
    compute: short(properties['computeId']),
    identity: identityOf(properties['identity']),
    type,
  };
  if (type === 'pipeline') return pipelineEntity(common, properties);
  if (type === 'sweep') return sweepEntity(common, properties);
  const timeout = durationSeconds(String(asWire(properties['limits'])?.['timeout'] ?? ''));
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
    code: text(properties['codeId']) === undefined ? undefined : codeReference(String(properties['codeId'])),
    environment: short(properties['environmentId']),
    environment_variables: properties['environmentVariables'] ?? {},
    resources: resourcesEntity(properties['resources']),
    distribution: distributionEntity(properties['distribution'], 'distributionType'),
  };
}

function sweepEntity(common: Wire, properties: Wire): Record<string, unknown> {
  return compact({
    ...common,
    trial: compact(workEntity(asWire(properties['trial']) ?? {})),
    ...sweepRulesEntity(properties),
    resources: resourcesEntity(properties['resources']),
    queue_settings: queueEntity(properties['queueSettings']),
    inputs: mapValues(properties['inputs'], inputEntity),
    outputs: mapValues(properties['outputs'], outputEntity),
  });
}

function pipelineEntity(common: Wire, properties: Wire): Record<string, unknown> {
  const settings = asWire(properties['settings']) ?? {};
  const shown = compact({
    default_datastore: short(settings['default_datastore']),
    default_compute: short(settings['default_compute']),
    continue_on_step_failure: settings['continue_on_step_failure'],
    force_rerun: settings['force_rerun'],
  });
  const whole = compact({
    ...common,
    component: short(properties['componentId']),
    settings: shown,
    inputs: mapValues(properties['inputs'], inputEntity),
    outputs: mapValues(properties['outputs'], outputEntity),
    jobs: mapValues(properties['jobs'], nodeEntity),
  });
  // A pipeline's dump leaves out what is empty.
  return Object.fromEntries(
    Object.entries(whole).filter(([, value]) => !asWire(value) || Object.keys(value as Wire).length > 0),
  );
}

function visibleTags(tags: unknown): Wire {
  const entries = Object.entries(asWire(tags) ?? {});
  return Object.fromEntries(
    entries.filter(([key]) => !key.includes('_aml_system_') && !key.includes('platform_config')),
  );
}

function mapValues(value: unknown, each: (member: Wire) => unknown): Wire {
  const entries = Object.entries(asWire(value) ?? {});
  return Object.fromEntries(entries.flatMap(([key, member]) => (asWire(member) ? [[key, each(member as Wire)]] : [])));
}

// Code keeps its whole id.
const codeReference = (id: string) => (id.startsWith('/') ? `azureml:${id}` : id);

function servicesOf(services: unknown, tenant: string): Wire {
  return mapValues(services, (service) => {
    const type = text(service['jobServiceType']);
    const endpoint = text(service['endpoint']);
    return compact({
      endpoint:
        endpoint && type === 'Studio' && tenant && !endpoint.includes('&tid=') ? `${endpoint}&tid=${tenant}` : endpoint,
      type: type === 'Studio' || type === 'Tracking' ? type : type && serviceWord(type),
      port: service['port'],
      status: service['status'],
      error_message: service['errorMessage'],
      properties: service['properties'],
    });
  });
}

function identityOf(identity: unknown): Wire | undefined {
  const wire = asWire(identity);
  if (!wire) return undefined;
  return compact({
    type: identityWord(String(wire['identityType'] ?? wire['identity_type'] ?? '')),
    client_id: wire['clientId'] ?? wire['client_id'],
    object_id: wire['objectId'] ?? wire['object_id'],
    resource_id: wire['resourceId'] ?? wire['resource_id'],
  });
}

function resourcesEntity(resources: unknown): Wire | undefined {
  const wire = asWire(resources);
  if (!wire) return undefined;
  const entries = Object.entries(wire).map(([key, value]) => [snake(key), value]);
  return compact({ properties: {}, ...compact(Object.fromEntries(entries)) });
}

function distributionEntity(distribution: unknown, kind: string): Wire | undefined {
  const wire = asWire(distribution);
  if (!wire) return undefined;
  const entries = Object.entries(wire).filter(([key]) => key !== kind);
  return compact({
    type: String(wire[kind] ?? '').toLowerCase(),
    ...Object.fromEntries(entries.map(([key, value]) => [snake(key), value])),
  });
}

function queueEntity(queue: unknown): Wire | undefined {
  const wire = asWire(queue);
  if (!wire) return undefined;
  const level = ['low', 'medium', 'high'][Number(wire['priority']) - 1];
  return compact({ job_tier: text(wire['jobTier'])?.toLowerCase(), priority: level });
}

function inputEntity(input: Wire): unknown {
  if (input['jobInputType'] === 'literal') return input['value'];
  const mode = text(input['mode']);
  return compact({
    mode: mode && modeWord(mode),
    type: input['jobInputType'],
    path: text(input['uri']) === undefined ? undefined : dataReference(String(input['uri'])),
  });
}

// An address that is none of Azure ML's own gets the prefix too (recorded).
function dataReference(uri: string): string {
  const shortened = shortReference(uri);
  return shortened.startsWith('azureml:') ? shortened : `azureml:${shortened}`;
}

function outputEntity(output: Wire): unknown {
  const mode = text(output['mode']);
  return compact({
    name: output['assetName'],
    mode: mode && modeWord(mode),
    type: output['jobOutputType'],
    path: text(output['uri']),
    description: text(output['description']),
  });
}

const BINDING = /^\$\{\{\s*parent\.[\w.-]+\s*\}\}$/;

function nodeEntity(node: Wire): unknown {
  const limits = asWire(node['limits']);
  const timeout = limits ? durationSeconds(String(limits['timeout'] ?? '')) : undefined;
  const inputs = mapValues(node['inputs'], (input) => {
    const mode = text(input['mode']);
    if (input['job_input_type'] === 'literal') {
      if (!BINDING.test(String(input['value']))) return input['value'];
      return compact({ mode: mode && modeWord(mode), path: input['value'] });
    }
    return compact({
      mode: mode && modeWord(mode),
      type: input['job_input_type'],
      path: dataReference(String(input['uri'] ?? '')),
    });
  });
  const outputs = mapValues(node['outputs'], (output) => {
    if (output['type'] === 'literal') return output['value'];
    const mode = text(output['mode']);
    return compact({
      name: output['name'],
      mode: mode && modeWord(mode),
      type: output['job_output_type'],
      path: output['uri'],
    });
  });
  return compact({
    environment_variables: asWire(node['environment_variables']),
    resources: asWire(node['resources']) && compact(node['resources'] as Wire),
    distribution: distributionEntity(node['distribution'], 'distribution_type'),
    limits: timeout === undefined ? undefined : { timeout },
    inputs: Object.keys(inputs).length ? inputs : undefined,
    outputs: Object.keys(outputs).length ? outputs : undefined,
    component: short(node['componentId']),
    type: node['type'],
    compute: short(node['computeId']),
    identity: identityOf(node['identity']),
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
    'created on': asWire(job['creation_context'])?.['created_at'],
  }));
}
