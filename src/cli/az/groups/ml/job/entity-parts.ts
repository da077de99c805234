import { compact, filled, type Wire, wireOf } from '../entity.ts';
import { shortReference } from '../references.ts';
import { identityWord, modeWord, snake } from './wire-words.ts';

// What jobs and the nodes of pipelines are shown with alike.

/** The value where it is text that says something. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** A resource's id as references to it are shown. */
export const shortOf = (value: unknown): string | undefined => {
  const id = textOf(value);
  return id === undefined ? undefined : shortReference(id);
};

/** The mappings of a mapping, each shown; others are left out. */
export function mapValues(value: unknown, each: (member: Wire) => unknown): Wire {
  const entries = Object.entries(wireOf(value) ?? {});
  return Object.fromEntries(entries.flatMap(([key, member]) => (wireOf(member) ? [[key, each(member as Wire)]] : [])));
}

/** An identity, in a job's spelling or in a node's. */
export function identityOf(identity: unknown): Wire | undefined {
  const wire = wireOf(identity);
  if (!wire) return undefined;
  return compact({
    type: identityWord(String(wire['identityType'] ?? wire['identity_type'] ?? '')),
    client_id: wire['clientId'] ?? wire['client_id'],
    object_id: wire['objectId'] ?? wire['object_id'],
    resource_id: wire['resourceId'] ?? wire['resource_id'],
  });
}

/** A distribution. @param kind the member that names its type */
export function distributionEntity(distribution: unknown, kind: string): Wire | undefined {
  const wire = wireOf(distribution);
  if (!wire) return undefined;
  const entries = Object.entries(wire).filter(([key]) => key !== kind);
  return compact({
    type: String(wire[kind] ?? '').toLowerCase(),
    ...Object.fromEntries(entries.map(([key, value]) => [snake(key), value])),
  });
}

/** Where data is, as it is shown: an address that is none of Azure ML's own gets the prefix too (recorded). */
export function dataReference(uri: string): string {
  const shortened = shortReference(uri);
  return shortened.startsWith('azureml:') ? shortened : `azureml:${shortened}`;
}

/** What a command job and a sweep's trial run. */
export function workEntity(properties: Wire): Wire {
  return {
    command: properties['command'],
    code: textOf(properties['codeId']) === undefined ? undefined : codeReference(String(properties['codeId'])),
    environment: shortOf(properties['environmentId']),
    environment_variables: properties['environmentVariables'] ?? {},
    resources: resourcesEntity(properties['resources']),
    distribution: distributionEntity(properties['distribution'], 'distributionType'),
  };
}

// Code keeps its whole id.
const codeReference = (id: string) => (id.startsWith('/') ? `azureml:${id}` : id);

/** Links of a job whose own name no type (recorded). */
export function linksWithoutTypes(services: unknown): Wire {
  return mapValues(services, ({ type, ...service }) =>
    type === 'Studio' || type === 'Tracking' ? service : { ...service, type },
  );
}

/** What is shown of a job that is kept as it was sent, and never run, beside what its type has. Its links name no type (recorded). */
export function storedEntity(common: Wire, properties: Wire): Wire {
  return {
    ...common,
    services: linksWithoutTypes(common['services']),
    code: textOf(properties['codeId']) === undefined ? undefined : codeReference(String(properties['codeId'])),
    environment: shortOf(properties['environmentId']),
    environment_variables: filled(properties['environmentVariables']),
    queue_settings: queueEntity(properties['queueSettings']),
    outputs: mapValues(properties['outputs'], outputEntity),
  };
}

/** The resources that a job asks for. */
export function resourcesEntity(resources: unknown): Wire | undefined {
  const wire = wireOf(resources);
  if (!wire) return undefined;
  const entries = Object.entries(wire).map(([key, value]) => [
    key === 'dockerArgsList' ? 'docker_args' : snake(key),
    value,
  ]);
  return compact({ properties: {}, ...compact(Object.fromEntries(entries)) });
}

/** Who is next in the queue. */
export function queueEntity(queue: unknown): Wire | undefined {
  const wire = wireOf(queue);
  if (!wire) return undefined;
  const level = ['low', 'medium', 'high'][Number(wire['priority']) - 1];
  return compact({ job_tier: textOf(wire['jobTier'])?.toLowerCase(), priority: level });
}

/** An input of a job: its value, or what it says of its data. */
export function inputEntity(input: Wire): unknown {
  if (input['jobInputType'] === 'literal') return input['value'];
  const mode = textOf(input['mode']);
  return compact({
    mode: mode && modeWord(mode),
    type: input['jobInputType'],
    path: textOf(input['uri']) === undefined ? undefined : dataReference(String(input['uri'])),
  });
}

/** An output of a job. */
export function outputEntity(output: Wire): unknown {
  const mode = textOf(output['mode']);
  return compact({
    name: output['assetName'],
    mode: mode && modeWord(mode),
    type: output['jobOutputType'],
    path: textOf(output['uri']),
    description: textOf(output['description']),
  });
}
