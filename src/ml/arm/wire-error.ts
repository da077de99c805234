import { statusOf, type WireError } from '../../http/index.ts';
import type { DomainError, ErrorCode } from '../../kernel/errors.ts';

/** ARM's code for a failure that names none of its own (recorded where the service's own was seen). */
const CODES: Readonly<Record<ErrorCode, string>> = {
  invalid: 'UserError',
  'not-found': 'ResourceNotFound',
  conflict: 'Conflict',
  forbidden: 'AuthorizationFailed',
  unauthenticated: 'InvalidAuthenticationToken',
  unavailable: 'ServiceUnavailable',
  limit: 'RequestBodyTooLarge',
  'not-implemented': 'NotImplemented',
  internal: 'InternalServerError',
};

/** The ARM error body. `details` of the error, a list of codes, become the nested inner errors that clients print. */
export function toArmError(error: DomainError): WireError {
  const inner = Array.isArray(error.details) ? (error.details as string[]) : [];
  const nested = inner.reduceRight<object | null>((innerError, code) => ({ code, innerError }), null);
  return {
    status: statusOf(error),
    body: {
      error: {
        code: error.wire ?? CODES[error.code],
        message: error.message,
        ...(error.target === undefined ? {} : { target: error.target }),
        details: [],
        additionalInfo: [
          { type: 'ComponentName', info: { value: 'managementfrontend' } },
          ...(nested ? [{ type: 'InnerError', info: { value: nested } }] : []),
        ],
      },
    },
    headers: {
      'x-ms-response-type': 'error',
      ...(error.code === 'unauthenticated'
        ? {
            'www-authenticate':
              'Bearer authorization_uri="https://login.microsoftonline.com/common", error="invalid_token"',
          }
        : {}),
    },
  };
}
