/** The few ways in which a request can fail; each service maps them to its own wire shape in one place. */
export type ErrorCode =
  | 'invalid'
  | 'not-found'
  | 'conflict'
  | 'forbidden'
  | 'unauthenticated'
  | 'unavailable'
  | 'limit'
  | 'not-implemented'
  | 'internal';

/** What a domain error may carry besides its text. `wire` is a service's own code for it (`JobNotFound`, `BlobNotFound`). */
export type ErrorExtra = {
  readonly target?: string;
  readonly wire?: string;
  readonly cause?: unknown;
  readonly details?: unknown;
};

/** Marks domain errors. Registered, because the bundled programs hold this class once a file: what one throws the other must know. */
const MARK = Symbol.for('millrace.DomainError');

/** A failure with a domain code. Its message names the thing, what was expected, what was found and the next step. */
export class DomainError extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && MARK in value;
  }

  readonly [MARK] = true;
  readonly code: ErrorCode;
  readonly target: string | undefined;
  readonly wire: string | undefined;
  readonly details: unknown;

  constructor(code: ErrorCode, message: string, extra: ErrorExtra = {}) {
    super(message, extra.cause === undefined ? undefined : { cause: extra.cause });
    this.name = 'DomainError';
    this.code = code;
    this.target = extra.target;
    this.wire = extra.wire;
    this.details = extra.details;
  }
}

const make = (code: ErrorCode) => (message: string, extra?: ErrorExtra) => new DomainError(code, message, extra);

export const invalid = make('invalid');
export const notFound = make('not-found');
export const conflict = make('conflict');
export const forbidden = make('forbidden');
export const unauthenticated = make('unauthenticated');
export const unavailable = make('unavailable');
export const limitExceeded = make('limit');
export const internal = make('internal');

/** For what Millrace knows of and does not do yet. Takes the thing's name, as `docs/compatibility` lists it. */
export function notImplemented(thing: string): DomainError {
  return new DomainError('not-implemented', `not implemented: ${thing}`);
}

/** The message of whatever was thrown, for a log line or a person. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
