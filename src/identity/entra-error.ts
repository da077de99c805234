import { newGuid } from '../kernel/ids.ts';

/** OAuth code and HTTP status of the Entra error numbers that we answer with (documented). */
const ERRORS = {
  50126: { error: 'invalid_grant', status: 400 },
  65001: { error: 'invalid_grant', status: 400 },
  70003: { error: 'unsupported_grant_type', status: 400 },
  70011: { error: 'invalid_scope', status: 400 },
  70021: { error: 'invalid_client', status: 401 },
  700016: { error: 'unauthorized_client', status: 400 },
  700024: { error: 'invalid_client', status: 401 },
  700027: { error: 'invalid_client', status: 401 },
  700082: { error: 'invalid_grant', status: 400 },
  700213: { error: 'invalid_client', status: 401 },
  900144: { error: 'invalid_request', status: 400 },
  7000215: { error: 'invalid_client', status: 401 },
  7000218: { error: 'invalid_client', status: 401 },
} as const;

export type EntraErrorNumber = keyof typeof ERRORS;

/** A refusal of the token endpoint, which has a wire shape of its own. */
export class EntraError extends Error {
  readonly number: EntraErrorNumber;

  constructor(number: EntraErrorNumber, message: string) {
    super(message);
    this.name = 'EntraError';
    this.number = number;
  }
}

/** Status and body of a refusal. `now` dates it; clients read `error`, `error_codes` and show `error_description`. */
export function entraErrorBody(error: EntraError, now: Date): { status: number; body: Record<string, unknown> } {
  const { error: code, status } = ERRORS[error.number];
  const timestamp = `${now.toISOString().slice(0, 19).replace('T', ' ')}Z`;
  const trace = newGuid();
  const correlation = newGuid();
  return {
    status,
    body: {
      error: code,
      error_description: `AADSTS${error.number}: ${error.message} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
      error_codes: [error.number],
      timestamp,
      trace_id: trace,
      correlation_id: correlation,
      error_uri: `https://login.microsoftonline.com/error?code=${error.number}`,
    },
  };
}
