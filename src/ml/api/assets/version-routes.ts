import { conflict, invalid } from '../../../kernel/errors.ts';
import { type ArmContext, callerName, checkName, originOf, query } from '../../arm/context.ts';
import { storedCodeHash } from '../../code-content.ts';
import { checkNotCurated } from '../../curated-assets.ts';
import type { AssetVersion } from '../../versions.ts';
import { type Json, objectField, textField } from '../../wire-fields.ts';
import { assetNotFound } from './absent.ts';
import { type AssetRoutes, isOlderRegistryClient } from './asset-request.ts';
import { storedProperties, versionWire } from './asset-wire.ts';
import { isSameContent, type Kind } from './kinds.ts';
import { linkAfter, readListQuery } from './list-query.ts';
import type { AssetScope } from './scopes.ts';

const DEFAULT_VERSION = 'azureml_default';

/** The rule of the hash that this server can check. */
const HASH_VERSION = '202208';

/** Versions of assets. */
export function addVersionRoutes(on: AssetRoutes, context: ArmContext): void {
  const { versions } = context;

  on('GET', '/:name/versions', async ({ request, home, scope, assets, kind, name }) => {
    const hash = kind.kind === 'codes' ? query(request, 'hash') : undefined;
    // A hash is looked for among all names: the same content was uploaded once (recorded).
    if (hash) {
      const found = await versions.withContent(scope.id, kind.kind, hash);
      return { value: found.map((asset) => versionWire(home, scope, kind, asset)) };
    }
    const asked = readListQuery(request);
    const value: unknown[] = [];
    let left = asked.offset;
    let last = 0;
    for await (const { asset, sequence } of assets.each(name, asked)) {
      if (!asked.fits(asset) || left-- > 0) continue;
      if (value.length === asked.size) return asked.isWhole ? { value } : { value, nextLink: linkAfter(request, last) };
      value.push(versionWire(home, scope, kind, asset));
      last = sequence;
    }
    return { value };
  });
  on('GET', '/:name/versions/:version', async ({ home, scope, assets, kind, name, version }) => {
    // Clients that name no version of a component ask for this one (client source).
    const isDefault = kind.kind === 'components' && version === DEFAULT_VERSION;
    const found = isDefault ? await assets.latest(name) : await assets.find(name, version);
    if (!found) throw assetNotFound(home, kind, name, isDefault ? undefined : version);
    return versionWire(home, scope, kind, found);
  });
  on('GET', '/:name/labels/:version', async ({ home, scope, assets, kind, name, version: label }) => {
    const latest = await assets.latest(name);
    if (!latest || !/^(latest|default)$/i.test(label)) throw assetNotFound(home, kind, `${name}@${label}`);
    return versionWire(home, scope, kind, latest);
  });
  on('PUT', '/:name/versions/:version', async (asked) => {
    const { request, reply, home, scope, kind } = asked;
    const name = checkName(kind.singular, asked.name);
    const version = checkName(`${kind.singular}'s version`, asked.version);
    checkNotCurated(scope.curated, kind.kind, name);
    const sent = storedProperties(objectField(request.body, 'properties'));
    const properties = kind.complete(await withPlaces(scope, sent), scope);
    const known = await versions.find(scope.id, kind.kind, name, version);
    if (known && !isSameContent(kind, known.properties, properties)) throw kind.changed(name, version);
    const contentHash = known ? undefined : await checkedHash(context, kind, properties);
    const { asset, created } = await versions.put(
      scope.id,
      kind.kind,
      {
        name,
        version,
        properties: known ? keptProperties(known, properties) : properties,
        by: callerName(request.principal),
        ...(contentHash === undefined ? {} : { contentHash }),
      },
      (existing) => {
        // It came in while this request was on its way: whoever numbers by itself takes the next number at a 409 (client source).
        if (!isSameContent(kind, existing.properties, properties))
          throw conflict(`Another request has just made the ${kind.singular} ${name}:${version}. Use a new version.`, {
            wire: 'UserError',
          });
      },
    );
    const location = `${originOf(request)}${request.url}`;
    // What they are told to look at is the version itself, which is there already.
    if (isOlderRegistryClient(home, request)) return reply.header('location', location).code(202).send();
    if (created) reply.header('location', location);
    reply.code(created || kind.alwaysCreated || (kind.kind === 'components' && isAnonymous(properties)) ? 201 : 200);
    return versionWire(home, scope, kind, asset);
  });
  on('DELETE', '/:name/versions/:version', async ({ reply, scope, kind, name, version }) => {
    const removed = await versions.remove(scope.id, kind.kind, name, version);
    return reply.code(removed ? 200 : 204).send();
  });
}

const isAnonymous = (properties: Json) => properties['isAnonymous'] === true;

const OF_A_JOB = /^(?:azureml:\/\/jobs\/|runs:\/)([^/]+)/i;

/** What a job or a run left is stored by where it lies: clients can fetch only that (client source). */
async function withPlaces(scope: AssetScope, properties: Json): Promise<Json> {
  const placed: Record<string, unknown> = { ...properties };
  for (const field of ['modelUri', 'dataUri']) {
    const uri = properties[field];
    const job = typeof uri === 'string' ? OF_A_JOB.exec(uri)?.[1] : undefined;
    if (job === undefined) continue;
    placed[field] = await scope.placeOf(uri as string);
    if (field === 'modelUri') placed['jobName'] ??= job;
  }
  return placed;
}

/** A version that clients made for themselves stays so, whatever a later request says. */
function keptProperties(known: AssetVersion, properties: Json): Json {
  return isAnonymous(known.properties) ? { ...properties, isAnonymous: true } : properties;
}

/**
 * The hash by which code is found again, checked against what was uploaded: an upload that was cut off is not what its hash says.
 * @throws invalid when it isn't
 */
async function checkedHash(context: ArmContext, kind: Kind, properties: Json): Promise<string | undefined> {
  if (kind.kind !== 'codes') return undefined;
  const own = objectField(properties, 'properties');
  const hash = textField(own, 'hash_sha256');
  if (hash === undefined || (textField(own, 'hash_version') ?? HASH_VERSION) !== HASH_VERSION) return hash;
  const codeUri = textField(properties, 'codeUri') as string;
  const stored = await storedCodeHash(context.blobs, codeUri);
  if (stored !== undefined && stored !== hash.toLowerCase())
    throw invalid(
      `The code at ${codeUri.slice(0, 300)} does not have the hash ${hash.slice(0, 80)}: the upload is not complete, or the files changed on the way. Upload it again.`,
      { wire: 'UserError', target: 'properties.hash_sha256', details: ['BadArgument', 'ArgumentInvalid'] },
    );
  return hash;
}
