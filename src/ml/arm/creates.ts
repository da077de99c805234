import type { FastifyRequest } from 'fastify';
import { CREATES_HEADER } from '../../contracts/caller.ts';
import { callingJobText } from './context.ts';

/** The POSTs that begin something new; the others read (`listKeys`) or change what is there (`cancel`). */
const BEGINS = /\/startPendingUpload$/i;

/**
 * Whether a request may bring the group, workspace or compute that it names into being. What creates something below them may, and so may all that
 * a pipeline's run sends: clients read the workspace before they submit to it. A person's question about a name that isn't there may not.
 */
export function mayCreate(request: FastifyRequest): boolean {
  if (callingJobText(request) !== undefined || request.headers[CREATES_HEADER] !== undefined) return true;
  const { method } = request;
  return method === 'PUT' || (method === 'POST' && BEGINS.test(request.url.replace(/\?.*$/s, '')));
}
