import type { FastifyRequest } from 'fastify';
import { statusOf, type WireError } from '../../http/index.ts';
import type { DomainError, ErrorCode } from '../../kernel/errors.ts';

const TYPE_KEYS: Readonly<Record<ErrorCode, string>> = {
  invalid: 'ArgumentException',
  'not-found': 'VssResourceNotFoundException',
  conflict: 'VssServiceException',
  forbidden: 'AccessDeniedException',
  unauthenticated: 'UnauthorizedRequestException',
  unavailable: 'VssServiceException',
  limit: 'VssServiceException',
  'not-implemented': 'NotImplementedException',
  internal: 'VssServiceException',
};

/** Where the service's exceptions live, of those that don't live with the common ones (recorded; of the second inferred). */
const NAMESPACES: Readonly<Record<string, string>> = {
  PipelineValidationException: 'Microsoft.Azure.Pipelines.WebApi',
  PipelineNotFoundException: 'Microsoft.Azure.Pipelines.WebApi',
};

/** What the service answers with another status than its meaning would have (recorded). */
const STATUSES: Readonly<Record<string, number>> = { PipelineNotFoundException: 500 };

/** A domain error in the shape of this service (recorded). `wire` of the error overrides the type key; `details` go along. */
export function devopsError(error: DomainError, _request: FastifyRequest): WireError {
  const typeKey = error.wire ?? TYPE_KEYS[error.code];
  const namespace = NAMESPACES[typeKey] ?? 'Microsoft.VisualStudio.Services.Common';
  const details = typeof error.details === 'object' && error.details !== null ? error.details : {};
  return {
    status: STATUSES[typeKey] ?? statusOf(error),
    headers: {
      'x-tfs-serviceerror': encodeURIComponent(error.message).slice(0, 2000),
      ...(error.code === 'unauthenticated' ? { 'www-authenticate': 'Basic realm="Millrace"' } : {}),
    },
    body: {
      $id: '1',
      innerException: null,
      message: error.message,
      typeName: `${namespace}.${typeKey}, ${namespace}`,
      typeKey,
      errorCode: 0,
      eventId: 3000,
      ...details,
    },
  };
}
