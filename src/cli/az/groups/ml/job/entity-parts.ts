import { compact, type Wire, wireOf } from '../entity.ts';
import { shortReference } from '../references.ts';
import { identityWord, snake } from './wire-words.ts';

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
