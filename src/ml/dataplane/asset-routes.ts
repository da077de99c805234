import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid } from '../../kernel/errors.ts';
import { WORKSPACE_PATH, workspaceOf } from '../tracking/index.ts';
import type { DataPlaneDeps } from './deps.ts';

const BATCH_LIMIT = 1000;

/**
 * Where the data behind asset ids lies: what clients ask before they download a job's outputs. An id that leads nowhere is left out of the answer,
 * so that the others can still be had.
 */
export function registerAssets(service: FastifyInstance, deps: DataPlaneDeps): void {
  const resolve = async (request: FastifyRequest, field: 'uri' | 'path') => {
    const workspace = await workspaceOf(deps.workspaces, request);
    const ids = (request.body as { values?: unknown } | undefined)?.values;
    if (!Array.isArray(ids) || ids.length > BATCH_LIMIT)
      throw invalid(`The body's 'values' is a list of at most ${BATCH_LIMIT} asset ids.`, { target: 'values' });
    const values: Record<string, { type: string; uri?: string; path?: string }> = {};
    for (const id of ids) {
      const found = typeof id === 'string' ? await deps.jobs.resolveAsset(workspace, id) : undefined;
      if (found) values[id] = { [field]: found.uri, type: found.type };
    }
    return { values };
  };
  service.post(`/data/v1.0${WORKSPACE_PATH}/dataversion/batchGetResolvedUris`, (request) => resolve(request, 'uri'));
  service.post(`/modelregistry/v1.0${WORKSPACE_PATH}/models/batchGetResolvedUris`, (request) =>
    resolve(request, 'path'),
  );
}
