import { BlobError, conditionNotMet } from './blob-error.ts';
import { isHeld, type Lease } from './lease-state.ts';
import type { BlobState } from './properties.ts';
import type { BlobRequest } from './request.ts';

/**
 * Checks the conditional headers of a read (documented table): a match that the client has already gives 304, a broken demand 412.
 * @throws BlobError
 */
export function checkRead(request: BlobRequest, state: BlobState): void {
  const notModified = () => new BlobError(304, 'ConditionNotMet', '', headersOf(state));
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = demands(request);
  if (ifMatch !== undefined && !matches(ifMatch, state)) throw conditionNotMet();
  if (ifUnmodifiedSince !== undefined && seconds(state.modified) > ifUnmodifiedSince) throw conditionNotMet();
  if (ifNoneMatch !== undefined) {
    if (matches(ifNoneMatch, state)) throw notModified();
  } else if (ifModifiedSince !== undefined && seconds(state.modified) <= ifModifiedSince) throw notModified();
}

/**
 * Checks the conditional headers and the lease of a write against the present state (undefined: no such blob).
 * @throws BlobError
 */
export function checkWrite(request: BlobRequest, state: BlobState | undefined, now: Date): void {
  checkConditions(request, state);
  if (state) checkHolder(request, state.properties.lease, 'Blob', now);
}

/** The conditional headers alone. @throws BlobError */
export function checkConditions(request: BlobRequest, state: BlobState | undefined): void {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = demands(request);
  if (ifNoneMatch !== undefined && state && matches(ifNoneMatch, state))
    throw ifNoneMatch.includes('*')
      ? new BlobError(409, 'BlobAlreadyExists', 'The blob exists already, and the request asked that it should not.')
      : conditionNotMet();
  if (ifMatch !== undefined && (!state || !matches(ifMatch, state))) throw conditionNotMet();
  if (state && ifUnmodifiedSince !== undefined && seconds(state.modified) > ifUnmodifiedSince) throw conditionNotMet();
  if (state && ifModifiedSince !== undefined && seconds(state.modified) <= ifModifiedSince) throw conditionNotMet();
}

/**
 * What is leased is changed by the holder of the lease only.
 * @param kind the service's word in its codes
 */
export function checkHolder(
  request: BlobRequest,
  lease: Lease | undefined,
  kind: 'Blob' | 'Container',
  now: Date,
): void {
  const given = request.header('x-ms-lease-id')?.toLowerCase();
  const thing = kind.toLowerCase();
  if (isHeld(lease, now)) {
    if (given === undefined)
      throw new BlobError(412, 'LeaseIdMissing', `The ${thing} is leased, and the request names no lease.`);
    if (given !== lease?.id)
      throw new BlobError(
        412,
        `LeaseIdMismatchWith${kind}Operation`,
        `The request names another lease than the ${thing} has.`,
      );
  } else if (given !== undefined)
    throw lease?.id === given
      ? new BlobError(412, 'LeaseLost', 'The lease that the request names has ended.')
      : new BlobError(
          412,
          `LeaseNotPresentWith${kind}Operation`,
          `The request names a lease, and the ${thing} has none.`,
        );
}

/** ETag and Last-Modified as every answer about a blob carries them. */
export function headersOf(state: { etag: string; modified: Date }): Record<string, string> {
  return { etag: `"${state.etag}"`, 'last-modified': state.modified.toUTCString() };
}

function demands(request: BlobRequest) {
  return {
    ifMatch: tags(request.header('if-match')),
    ifNoneMatch: tags(request.header('if-none-match')),
    ifModifiedSince: time(request.header('if-modified-since')),
    ifUnmodifiedSince: time(request.header('if-unmodified-since')),
  };
}

function tags(header: string | undefined): string[] | undefined {
  return header?.split(',').map((tag) => tag.trim().replace(/^(?:W\/)?"?|"$/g, ''));
}

function matches(wanted: readonly string[], state: BlobState): boolean {
  return wanted.some((tag) => tag === '*' || tag === state.etag);
}

function time(header: string | undefined): number | undefined {
  const parsed = header === undefined ? Number.NaN : Date.parse(header);
  return Number.isNaN(parsed) ? undefined : Math.floor(parsed / 1000);
}

/** HTTP dates have whole seconds. */
function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
