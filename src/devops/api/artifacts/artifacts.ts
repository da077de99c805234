import type { FastifyInstance, FastifyRequest } from 'fastify';
import { conflict, invalid, notFound } from '../../../kernel/errors.ts';
import { openDocument, sealDocument } from '../../runs/secrets.ts';
import { requireRun, requireViewer } from '../../wire/access.ts';
import { list, lowerFirst } from '../../wire/list.ts';
import { plainName, plainPath } from '../../wire/paths.ts';
import type { ApiContext } from '../context.ts';

const BUILD = '/:organisation/:project/_apis/build/builds/:buildId/artifacts';
const FILES = '/:organisation/:project/_apis/millrace/artifacts/:runId/:name';

/** A run's artifacts: their records by the public routes, their files by our own. */
export function addArtifactRoutes(service: FastifyInstance, { deps }: ApiContext): void {
  const { store, files } = deps;
  const folderOf = (runId: number, name: string) => `runs/${runId}/artifacts/${encodeURIComponent(plainName(name))}`;
  const read = async (runId: number) =>
    (
      await store.read
        .selectFrom('devops_artifacts')
        .select('document')
        .where('run_id', '=', runId)
        .orderBy('id')
        .execute()
    ).map((row) => openDocument<{ name: string }>(deps.vault, row.document));

  service.get(BUILD, async (request) => {
    requireViewer(request);
    const all = await read(Number((request.params as { buildId: string }).buildId));
    const { artifactName } = request.query as { artifactName?: string };
    if (artifactName === undefined) return list(all);
    const found = all.find((one) => one.name.toLowerCase() === artifactName.toLowerCase());
    if (!found)
      throw notFound(`There is no artifact '${artifactName}' of this run.`, { wire: 'ArtifactNotFoundException' });
    return found;
  });
  service.post(BUILD, async (request) => {
    const runId = Number((request.params as { buildId: string }).buildId);
    requireRun(request, runId);
    const body = lowerFirst(request.body);
    const name = String(body['name'] ?? '');
    if (name === '') throw invalid("An artifact needs a 'name'.");
    return store.write(async (writer) => {
      const rows = await writer
        .selectFrom('devops_artifacts')
        .select(['id', 'name', 'document'])
        .where('run_id', '=', runId)
        .execute();
      const existing = rows.find((row) => row.name.toLowerCase() === name.toLowerCase());
      const source = typeof body['source'] === 'string' ? body['source'] : '';
      // A repeated report (its answer was lost) is the same artifact; another job's of that name is not.
      if (existing) {
        const stored = openDocument<{ source?: string }>(deps.vault, existing.document);
        if (stored.source === source) return stored;
        throw conflict(`Artifact ${name} already exists for build ${runId}.`, { wire: 'ArtifactExistsException' });
      }
      const document = { id: rows.length + 1, name, source, resource: body['resource'] ?? {} };
      await writer
        .insertInto('devops_artifacts')
        .values({ run_id: runId, id: document.id, name, document: sealDocument(deps.vault, document) })
        .execute();
      return document;
    });
  });

  const placeOf = (request: FastifyRequest) => {
    const params = request.params as { runId: string; name: string; '*'?: string };
    return {
      runId: Number(params.runId),
      folder: folderOf(Number(params.runId), params.name),
      path: params['*'] ?? '',
    };
  };
  service.register(async (scope) => {
    // Files are streamed to disk, whatever their type says they are.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    scope.put(`${FILES}/*`, { bodyLimit: 1024 ** 4 }, async (request, reply) => {
      const { runId, folder, path } = placeOf(request);
      requireRun(request, runId);
      await files.receive(`${folder}/${plainPath(path)}`, request.body as NodeJS.ReadableStream | undefined);
      return reply.code(201).send();
    });
  });
  service.get(FILES, async (request) => {
    requireViewer(request);
    const { folder } = placeOf(request);
    return list(
      (await files.list(folder)).map((file) => ({ path: file.path.slice(folder.length + 1), size: file.size })),
    );
  });
  service.get(`${FILES}/*`, async (request, reply) => {
    requireViewer(request);
    const { folder, path } = placeOf(request);
    const info = await files.info(`${folder}/${plainPath(path)}`);
    if (!info) throw notFound(`The artifact has no file '${path}'.`);
    return reply
      .type('application/octet-stream')
      .header('content-length', info.size)
      .send(files.stream(`${folder}/${path}`));
  });
}
