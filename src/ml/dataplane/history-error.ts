import type { FastifyRequest } from 'fastify';
import { statusOf, type WireError } from '../../http/index.ts';
import type { DomainError } from '../../kernel/errors.ts';
import { newGuid } from '../../kernel/ids.ts';
import { REGION } from '../places.ts';
import { toMlflowError } from '../tracking/index.ts';

/** Errors of the data plane: MLflow's shape below `/mlflow`, run history's everywhere else (read from the clients' models). */
export function toDataPlaneError(error: DomainError, request: Pick<FastifyRequest, 'url' | 'headers'>): WireError {
  if (/^\/mlflow\b/i.test(request.url)) return toMlflowError(error);
  const asked = request.headers['x-ms-client-request-id'];
  const own = error.code === 'internal' || error.code === 'unavailable' || error.code === 'not-implemented';
  return {
    status: statusOf(error),
    headers: { 'x-ms-response-type': 'error' },
    body: {
      error: {
        code: own ? 'ServiceError' : 'UserError',
        severity: null,
        message: error.message,
        messageFormat: null,
        messageParameters: {},
        referenceCode: null,
        detailsUri: null,
        target: error.target ?? null,
        details: [],
        innerError: {
          code: innerCode(error),
          innerError: error.wire === undefined ? null : { code: error.wire, innerError: null },
        },
        additionalInfo: null,
      },
      correlation: { operation: newGuid(), request: typeof asked === 'string' ? asked : newGuid() },
      environment: REGION,
      location: REGION,
      time: new Date().toISOString(),
      componentName: 'run-history',
    },
  };
}

function innerCode(error: DomainError): string {
  switch (error.code) {
    case 'not-found':
      return 'NotFound';
    case 'unauthenticated':
    case 'forbidden':
      return 'Auth';
    case 'conflict':
      return 'Conflict';
    case 'not-implemented':
      return 'NotImplemented';
    case 'unavailable':
    case 'internal':
      return 'Internal';
    case 'limit':
    case 'invalid':
      return 'BadArgument';
  }
}
