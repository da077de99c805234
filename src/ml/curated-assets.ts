import { forbidden } from '../kernel/errors.ts';
import type { AssetContainer, AssetContainers } from './containers.ts';
import { type CuratedImage, curatedImages } from './environments/index.ts';
import type { AssetKind, AssetVersion, AssetVersions } from './versions.ts';

/** The part of the stored assets that a request for one kind in one place reads. */
export type AssetReads = {
  readonly find: (name: string, version: string) => Promise<AssetVersion | undefined>;
  readonly latest: (name: string) => Promise<AssetVersion | undefined>;
  readonly nextVersion: (name: string) => Promise<string>;
  readonly each: (
    name: string,
    query: Parameters<AssetVersions['each']>[3],
  ) => AsyncIterable<{ asset: AssetVersion; sequence: number }>;
  readonly container: (name: string) => Promise<AssetContainer | undefined>;
  readonly containers: (query: Parameters<AssetContainers['list']>[2]) => Promise<readonly AssetContainer[]>;
};

/** Curated environments as assets: what a place that has them shows beside what is stored in it. */
export type CuratedAssets = {
  /** A name of the table, as this place writes it. */
  readonly has: (name: string) => boolean;
  readonly version: (name: string, version: string) => AssetVersion | undefined;
  readonly containers: readonly AssetContainer[];
};

/** The one version that lists show. The table has one content a name, whatever version jobs ask for. */
const VERSION = '1';

/** No image is older than its table; the service says when each of its versions was published. */
const CREATED_AT = '2025-01-01T00:00:00.000Z';

/** Below every stored container's number, so that curated ones come after those, and above what a link's word begins with. */
const FIRST_SEQUENCE = 1e12;

function propertiesOf(name: string, image: CuratedImage, version: string): AssetVersion['properties'] {
  const leftOut = image.leftOut.length === 0 ? '' : ` Left out of the public image: ${image.leftOut.join(', ')}.`;
  return {
    description: `Python ${image.python} with ${image.requirements.join(', ')}.${leftOut}`,
    environmentType: 'Curated',
    image: `mcr.microsoft.com/azureml/curated/${name}:${version}`,
    osType: 'Linux',
    tags: { Python: image.python },
  };
}

/**
 * The curated environments as a place shows them.
 * @param prefix before each name: none in the registry `azureml`, `AzureML-` in workspaces (documented)
 */
export function curatedAssets(
  prefix: string,
  table: Readonly<Record<string, CuratedImage>> = curatedImages,
): CuratedAssets {
  const names = Object.keys(table);
  const nameOf = (shown: string) => names.find((name) => `${prefix}${name}` === shown);
  return {
    has: (shown) => nameOf(shown) !== undefined,
    version(shown, version) {
      const name = nameOf(shown);
      if (name === undefined || !/^[1-9]\d{0,8}$/.test(version)) return undefined;
      const properties = propertiesOf(name, table[name] as CuratedImage, version);
      return { name: shown, version, properties, createdAt: CREATED_AT, createdBy: 'Millrace' };
    },
    containers: names.map((name, index) => ({
      name: `${prefix}${name}`,
      properties: {},
      createdAt: CREATED_AT,
      sequence: FIRST_SEQUENCE + names.length - index,
    })),
  };
}

/** What is stored of a kind in a place, with its curated environments where it has any. */
export function readAssets(
  stored: { readonly versions: AssetVersions; readonly containers: AssetContainers },
  placeId: string,
  kind: AssetKind,
  curated: CuratedAssets | undefined,
): AssetReads {
  const { versions, containers } = stored;
  const reads: AssetReads = {
    find: (name, version) => versions.find(placeId, kind, name, version),
    latest: (name) => versions.latest(placeId, kind, name),
    nextVersion: (name) => versions.nextVersion(placeId, kind, name),
    each: (name, query) => versions.each(placeId, kind, name, query),
    container: (name) => containers.find(placeId, kind, name),
    containers: (query) => containers.list(placeId, kind, query),
  };
  return curated && kind === 'environments' ? withCurated(reads, curated) : reads;
}

function withCurated(stored: AssetReads, curated: CuratedAssets): AssetReads {
  return {
    // A curated name is the curated environment, as it is for jobs, whatever an older Millrace let be stored under it.
    find: async (name, version) =>
      curated.has(name) ? curated.version(name, version) : await stored.find(name, version),
    latest: async (name) => curated.version(name, VERSION) ?? (await stored.latest(name)),
    nextVersion: async (name) => (curated.has(name) ? String(Number(VERSION) + 1) : await stored.nextVersion(name)),
    async *each(name, query) {
      const asset = curated.version(name, VERSION);
      if (!asset) yield* stored.each(name, query);
      else if (query.view !== 'archived' && query.after === undefined) yield { asset, sequence: FIRST_SEQUENCE };
    },
    container: async (name) =>
      curated.containers.find((container) => container.name === name) ?? (await stored.container(name)),
    async containers(query) {
      const found = await stored.containers(query);
      if (query.view === 'archived' || found.length === query.limit) return found;
      const after = query.after ?? Number.POSITIVE_INFINITY;
      const rest: AssetContainer[] = [];
      for (const container of curated.containers)
        if (container.sequence < after && !(await stored.container(container.name))) rest.push(container);
      const offset = query.offset ?? 0;
      // What was left out at the start are stored ones first.
      const before =
        offset === 0 || found.length > 0
          ? offset
          : (await stored.containers({ ...query, offset: 0, limit: offset })).length;
      return [...found, ...rest.slice(offset - before)].slice(0, query.limit);
    },
  };
}

/** @throws forbidden for a name of the table: jobs that ask for it get the curated environment, so nothing else can have it */
export function checkNotCurated(curated: CuratedAssets | undefined, kind: AssetKind, name: string): void {
  if (kind === 'environments' && curated?.has(name))
    throw forbidden(
      `'${name}' is a curated environment, which cannot be changed. Give yours another name, one that does not begin with 'AzureML-'.`,
      { wire: 'UserError', target: 'name' },
    );
}
