import { conflict, invalid, notFound } from '../../kernel/errors.ts';
import type { Writer } from '../../store/index.ts';
import { type AssetContainer, containerOf, putContainer } from '../containers.ts';
import type { MlTables } from '../tables.ts';
import { type AssetVersion, assetOf, putVersion } from '../versions.ts';
import type { Json } from '../wire-fields.ts';
import type { Call } from './call.ts';
import type { TrackingTables } from './tables.ts';

type Tables = MlTables & TrackingTables;

/** MLflow keeps prompts in its model registry, as models without files; among the workspace's assets they are a kind of their own, which `az ml model` doesn't show. */
export type RegisteredKind = 'models' | 'prompts';

/**
 * A registered model is the workspace's model asset of that name: its versions, description and tags are the ones that `az ml model` and the SDK
 * show. MLflow's registry adds the aliases, and models that have no version yet.
 */
export type RegisteredModel = {
  readonly kind: RegisteredKind;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly updated: number;
  readonly lastVersion: number;
  readonly aliases: Readonly<Record<string, string>>;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly container: AssetContainer;
  /** Newest first. */
  readonly versions: readonly AssetVersion[];
};

const KINDS: readonly RegisteredKind[] = ['models', 'prompts'];

const isAnonymous = (asset: AssetVersion) => asset.properties['isAnonymous'] === true;
/** Milliseconds of an asset's last change. */
export const changedAt = (asset: AssetVersion): number => Date.parse(asset.modifiedAt ?? asset.createdAt);
const numberOf = (version: string) => (/^\d{1,15}$/.test(version) ? Number(version) : 0);

function textsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries((value ?? {}) as Json).map(([key, text]) => [key, String(text)]));
}

/** The workspace's registered models, or the one of a name; in order of their names. */
export async function readRegistered(call: Call, name?: string): Promise<RegisteredModel[]> {
  return assemble(call.deps.store.read, call.workspace.id, name);
}

async function assemble(
  reader: Pick<Writer<Tables>, 'selectFrom'>,
  workspaceId: string,
  name?: string,
): Promise<RegisteredModel[]> {
  let registered = reader.selectFrom('mltrack_registered').selectAll().where('workspace_id', '=', workspaceId);
  let containers = reader
    .selectFrom('ml_containers')
    .select(['kind', 'name', 'document', 'sequence'])
    .where('workspace_id', '=', workspaceId)
    .where('kind', 'in', KINDS)
    .where('hidden', '=', 0)
    .orderBy('name')
    .orderBy('kind');
  let versions = reader
    .selectFrom('ml_versions')
    .select(['kind', 'name', 'version', 'document'])
    .where('workspace_id', '=', workspaceId)
    .where('kind', 'in', KINDS)
    .orderBy('sequence', 'desc');
  if (name !== undefined) {
    registered = registered.where('name', '=', name);
    containers = containers.where('name', '=', name);
    versions = versions.where('name', '=', name);
  }
  const own = new Map((await registered.execute()).map((row) => [row.name, row]));
  const assets = new Map<string, AssetVersion[]>();
  for (const row of await versions.execute()) {
    const [asset, key] = [assetOf(row), `${row.kind}/${row.name}`];
    if (!isAnonymous(asset)) assets.set(key, [...(assets.get(key) ?? []), asset]);
  }
  return (await containers.execute()).map((row) => {
    const container = containerOf(row);
    const more = own.get(container.name);
    const found = assets.get(`${row.kind}/${row.name}`) ?? [];
    const { description } = container.properties;
    return {
      kind: row.kind as RegisteredKind,
      name: container.name,
      created: Date.parse(container.createdAt),
      updated: Math.max(
        more?.updated ?? 0,
        Date.parse(container.modifiedAt ?? container.createdAt),
        ...found.map(changedAt),
      ),
      lastVersion: Math.max(more?.last_version ?? 0, ...found.map((asset) => numberOf(asset.version))),
      aliases: more ? (JSON.parse(more.aliases) as Record<string, string>) : {},
      description: typeof description === 'string' ? description : '',
      tags: textsOf(container.properties['tags']),
      container,
      versions: found,
    };
  });
}

/** @throws not-found */
export async function registeredModel(call: Call, name: string): Promise<RegisteredModel> {
  const [found] = await readRegistered(call, name);
  if (!found) throw absent(name);
  return found;
}

const absent = (name: string) => notFound(`Registered Model with name=${name} not found`);
const absentVersion = (name: string, version: string) =>
  notFound(`Model Version (name=${name}, version=${version}) not found`);

/** @throws not-found */
export async function registeredVersion(
  call: Call,
  name: string,
  version: string,
): Promise<{ model: RegisteredModel; asset: AssetVersion }> {
  const [model] = await readRegistered(call, name);
  const asset = model?.versions.find((one) => one.version === version);
  if (!model || !asset) throw absentVersion(name, version);
  return { model, asset };
}

/** What a change may set of a registered model. */
type ModelChange = Partial<Pick<RegisteredModel, 'aliases' | 'description' | 'tags' | 'lastVersion'>>;

async function keep(
  writer: Writer<Tables>,
  call: Call,
  model: Pick<RegisteredModel, 'kind' | 'name' | 'lastVersion' | 'aliases'> & { container?: AssetContainer },
  change: ModelChange,
  now: Date,
) {
  const row = {
    updated: now.getTime(),
    last_version: change.lastVersion ?? model.lastVersion,
    aliases: JSON.stringify(change.aliases ?? model.aliases),
  };
  await writer
    .insertInto('mltrack_registered')
    .values({ workspace_id: call.workspace.id, name: model.name, ...row })
    .onConflict((one) => one.columns(['workspace_id', 'name']).doUpdateSet(row))
    .execute();
  const { description, tags } = change;
  if (description === undefined && tags === undefined) return;
  const properties = {
    ...model.container?.properties,
    ...(description === undefined ? {} : { description }),
    ...(tags === undefined ? {} : { tags }),
  };
  await putContainer(writer, call.workspace.id, model.kind, model.name, properties, now);
}

/** @throws conflict when there is a model or a prompt of that name */
export async function addRegistered(
  call: Call,
  kind: RegisteredKind,
  name: string,
  content: { description: string; tags: Readonly<Record<string, string>> },
): Promise<RegisteredModel> {
  const now = call.deps.clock.now();
  await call.deps.store.write(async (writer) => {
    const [before] = await assemble(writer, call.workspace.id, name);
    if (before) throw taken(before, kind);
    await keep(writer, call, { kind, name, lastVersion: 0, aliases: {} }, content, now);
  });
  return registeredModel(call, name);
}

function taken({ name, kind }: Pick<RegisteredModel, 'name' | 'kind'>, asked: RegisteredKind) {
  const words = { models: 'Registered Model', prompts: 'Prompt' };
  return conflict(
    kind === asked
      ? `${words[kind]} (name=${name}) already exists.`
      : `A ${words[kind].toLowerCase()} has the name '${name}', and models and prompts share their names: choose another one.`,
  );
}

/** Changes a registered model. @throws not-found */
export async function changeRegistered(
  call: Call,
  name: string,
  change: (model: RegisteredModel) => ModelChange,
): Promise<RegisteredModel> {
  await call.deps.store.write(async (writer) => {
    const [model] = await assemble(writer, call.workspace.id, name);
    if (!model) throw absent(name);
    await keep(writer, call, model, change(model), call.deps.clock.now());
  });
  return registeredModel(call, name);
}

const REGISTRY_TABLES = ['mltrack_registered', 'ml_containers', 'ml_versions'] as const;

/** Takes a model and all its versions away. Its files stay: they are a run's. @throws not-found */
export async function removeRegistered(call: Call, name: string): Promise<void> {
  await call.deps.store.write(async (writer) => {
    const [model] = await assemble(writer, call.workspace.id, name);
    if (!model) throw absent(name);
    for (const table of REGISTRY_TABLES) {
      const rows = writer.deleteFrom(table).where('workspace_id', '=', call.workspace.id).where('name', '=', name);
      await (table === 'mltrack_registered' ? rows : rows.where('kind', '=', model.kind)).execute();
    }
  });
}

/** Gives a model and its versions another name. @throws not-found; conflict when the new name is taken */
export async function renameRegistered(call: Call, name: string, newName: string): Promise<RegisteredModel> {
  const now = call.deps.clock.now();
  await call.deps.store.write(async (writer) => {
    const [model] = await assemble(writer, call.workspace.id, name);
    if (!model) throw absent(name);
    const [other] = newName === name ? [] : await assemble(writer, call.workspace.id, newName);
    if (other) throw taken(other, model.kind);
    await keep(writer, call, model, {}, now);
    for (const table of REGISTRY_TABLES) {
      const rows = writer
        .updateTable(table)
        .set({ name: newName })
        .where('workspace_id', '=', call.workspace.id)
        .where('name', '=', name);
      await (table === 'mltrack_registered' ? rows : rows.where('kind', '=', model.kind)).execute();
    }
  });
  return registeredModel(call, newName);
}

/** Adds the next version. @throws not-found when there is no such model; invalid when the name is one of the other kind */
export async function addVersion(
  call: Call,
  kind: RegisteredKind,
  name: string,
  properties: Readonly<Record<string, unknown>>,
): Promise<string> {
  const now = call.deps.clock.now();
  return call.deps.store.write(async (writer) => {
    const [model] = await assemble(writer, call.workspace.id, name);
    if (!model) throw absent(name);
    if (model.kind !== kind)
      throw invalid(
        kind === 'models'
          ? `'${name}' is a prompt: register its versions as prompts.`
          : `Name '${name}' is registered as a model, not a prompt: choose another name.`,
        { target: 'name' },
      );
    const version = model.lastVersion + 1;
    await putVersion(writer, call.workspace.id, model.kind, { name, version: String(version), properties }, now);
    await keep(writer, call, model, { lastVersion: version }, now);
    return String(version);
  });
}

/** Changes versions of a model, all or none. @param change what becomes of a version's properties; undefined leaves it. @throws not-found */
export async function changeVersions(
  call: Call,
  name: string,
  version: string,
  change: (asset: AssetVersion) => Readonly<Record<string, unknown>> | undefined,
): Promise<RegisteredKind> {
  const now = call.deps.clock.now();
  return call.deps.store.write(async (writer) => {
    const [model] = await assemble(writer, call.workspace.id, name);
    if (!model?.versions.some((one) => one.version === version)) throw absentVersion(name, version);
    for (const asset of model.versions) {
      const properties = change(asset);
      if (!properties) continue;
      await putVersion(writer, call.workspace.id, model.kind, { name, version: asset.version, properties }, now);
    }
    await keep(writer, call, model, {}, now);
    return model.kind;
  });
}

/** Takes one version away, and the aliases that lead to it. @throws not-found */
export async function removeVersion(call: Call, name: string, version: string): Promise<void> {
  await call.deps.store.write(async (writer) => {
    const [model] = await assemble(writer, call.workspace.id, name);
    if (!model?.versions.some((one) => one.version === version)) throw absentVersion(name, version);
    await writer
      .deleteFrom('ml_versions')
      .where('workspace_id', '=', call.workspace.id)
      .where('kind', '=', model.kind)
      .where('name', '=', name)
      .where('version', '=', version)
      .execute();
    const aliases = Object.fromEntries(Object.entries(model.aliases).filter(([, target]) => target !== version));
    await keep(writer, call, model, { aliases }, call.deps.clock.now());
  });
}
