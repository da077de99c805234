import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid, notImplemented } from '../../../kernel/errors.ts';
import { DEFAULT_POOL } from '../../agents/pools.ts';
import { addDefinition, changeDefinition, type Definition, getDefinition, listDefinitions } from '../../definitions.ts';
import { readLocalSource } from '../../local-source.ts';
import type { Project } from '../../projects.ts';
import { projectOf, requireUser, requireViewer } from '../../wire/access.ts';
import { list, lowerFirst } from '../../wire/list.ts';
import { identityRef, projectRef } from '../../wire/shapes.ts';
import type { ApiContext } from '../context.ts';

const DEFINITIONS = '/:organisation/:project/_apis/build/definitions';

/** Build definitions of YAML pipelines: list, show, create, update, delete; their YAML. */
export function addDefinitionRoutes(service: FastifyInstance, context: ApiContext): void {
  const { deps, queueRun, collectionUri } = context;
  const { store } = deps;

  const refOf = (one: Definition, project: Project) => ({
    id: one.id,
    name: one.name,
    url: `${collectionUri()}${project.id}/_apis/build/Definitions/${one.id}?revision=${one.revision}`,
    uri: `vstfs:///Build/Definition/${one.id}`,
    path: one.path,
    type: 'build',
    queueStatus: 'enabled',
    quality: 'definition',
    revision: one.revision,
    drafts: [],
    authoredBy: identityRef(collectionUri(), 'millrace'),
    queue: { id: DEFAULT_POOL.id, name: DEFAULT_POOL.name, pool: DEFAULT_POOL },
    project: projectRef(collectionUri(), project),
  });
  const wire = (one: Definition, project: Project) => ({
    ...refOf(one, project),
    process: { yamlFilename: one.file.replace(/^\//, ''), type: 2 },
    repository: {
      id: one.directory,
      type: 'Git',
      name: one.directory.split('/').at(-1),
      url: one.directory,
      defaultBranch: 'refs/heads/main',
      clean: null,
      checkoutSubmodules: false,
      properties: {},
    },
    triggers: [],
    variables: {},
    tags: [],
    properties: {},
    jobAuthorizationScope: 'projectCollection',
    jobTimeoutInMinutes: 60,
    jobCancelTimeoutInMinutes: 5,
  });
  const find = async (request: FastifyRequest) => {
    const project = await projectOf(context, request);
    const id = Number((request.params as { definitionId: string }).definitionId);
    return { project, definition: await getDefinition(store.read, project.id, id) };
  };

  service.get(DEFINITIONS, async (request) => {
    requireViewer(request);
    const project = await projectOf(context, request);
    const query = request.query as { name?: string; path?: string; $top?: string; definitionIds?: string };
    const ids = query.definitionIds?.split(',').map(Number);
    const path = query.path === undefined ? undefined : folderOf(query.path);
    const all = (await listDefinitions(store.read, project.id)).filter(
      (one) =>
        (query.name === undefined || matches(query.name, one.name)) &&
        (path === undefined || one.path.toLowerCase() === path.toLowerCase()) &&
        (ids === undefined || ids.includes(one.id)),
    );
    const top = Number(query.$top ?? 10_000) || 10_000;
    return list(all.slice(0, top).map((one) => refOf(one, project)));
  });
  service.get(`${DEFINITIONS}/:definitionId`, async (request) => {
    requireViewer(request);
    const { project, definition } = await find(request);
    return wire(definition, project);
  });
  service.get(`${DEFINITIONS}/:definitionId/yaml`, async (request) => {
    requireViewer(request);
    const { project, definition } = await find(request);
    const compiled = await queueRun.compile({
      project,
      directory: definition.directory,
      file: definition.file.slice(1),
      variables: {},
      templateParameters: {},
      options: { strict: true, cleanCheckout: true, az: 'embedded' },
      reason: 'Manual',
    });
    return { yaml: compiled.finalYaml ?? '' };
  });
  service.post(DEFINITIONS, async (request) => {
    requireUser(request);
    const project = await projectOf(context, request);
    const shape = await readShape(request.body);
    return wire(await store.write((writer) => addDefinition(writer, { ...shape, projectId: project.id })), project);
  });
  service.put(`${DEFINITIONS}/:definitionId`, async (request) => {
    requireUser(request);
    const { project, definition } = await find(request);
    const shape = await readShape(request.body, definition);
    const given = lowerFirst(request.body)['revision'];
    const revision = typeof given === 'number' ? given : definition.revision;
    return wire(
      await store.write((writer) => changeDefinition(writer, { ...definition, ...shape, revision })),
      project,
    );
  });
  service.delete(`${DEFINITIONS}/:definitionId`, async (request, reply) => {
    requireUser(request);
    const { definition } = await find(request);
    await store.write((writer) => writer.deleteFrom('devops_definitions').where('id', '=', definition.id).execute());
    return reply.code(204).send();
  });
}

/** Reads a posted definition; what is absent stays as it was. @throws invalid without a name, file or repository */
async function readShape(
  body: unknown,
  before?: Definition,
): Promise<Pick<Definition, 'name' | 'path' | 'directory' | 'file'>> {
  const given = lowerFirst(body);
  const process = lowerFirst(given['process']);
  const repository = lowerFirst(given['repository']);
  const text = (value: unknown) => (typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined);
  if (process['type'] !== undefined && process['type'] !== 2) throw notImplemented('build definitions of the designer');
  const name = text(given['name']) ?? before?.name;
  const file = text(process['yamlFilename']) ?? before?.file;
  const place = text(repository['url']) ?? text(repository['id']) ?? before?.directory;
  if (!name || !file || !place)
    throw invalid("A definition needs 'name', 'process.yamlFilename' and 'repository.url' (a folder of this machine).");
  const folder = place.startsWith('file://') ? fileURLToPath(place) : place;
  if (!isAbsolute(folder)) throw notImplemented(`pipelines of remote repositories (${place.slice(0, 200)})`);
  const source = await readLocalSource(folder, file.replace(/^\/+/, ''));
  return {
    name,
    path: folderOf(text(given['path']) ?? before?.path ?? '\\'),
    directory: source.root,
    file: source.file,
  };
}

/** Folders begin with a backslash, whichever slash a client writes (recorded). */
function folderOf(path: string): string {
  const parts = path.split(/[\\/\f]/).filter((part) => part !== '');
  return `\\${parts.join('\\')}`;
}

/** Names may be asked for with `*`. */
function matches(pattern: string, name: string): boolean {
  const expression = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${expression.join('.*')}$`, 'i').test(name);
}
