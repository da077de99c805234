import { newGuid } from '../kernel/ids.ts';
import { BlobError } from './blob-error.ts';
import { xmlElement } from './xml.ts';

/** A lease as it was taken. Times are ISO-8601. */
export type Lease = {
  readonly id: string;
  /** As asked for; -1 for one without an end. */
  readonly seconds: number;
  /** When it ends by itself; undefined for one without an end. */
  readonly until?: string;
  /** When a break that was asked for takes effect. */
  readonly brokenAt?: string;
};

export type LeaseState = 'available' | 'leased' | 'expired' | 'breaking' | 'broken';

export function leaseState(lease: Lease | undefined, now: Date): LeaseState {
  if (!lease) return 'available';
  if (lease.brokenAt !== undefined) return new Date(lease.brokenAt) > now ? 'breaking' : 'broken';
  return lease.until === undefined || new Date(lease.until) > now ? 'leased' : 'expired';
}

/** Whether writes need the lease's id: while it is held, and until a break takes effect. */
export function isHeld(lease: Lease | undefined, now: Date): boolean {
  const state = leaseState(lease, now);
  return state === 'leased' || state === 'breaking';
}

/** Status, state and, while it is held, the kind of duration. */
export function leaseHeaders(lease: Lease | undefined, now: Date): Record<string, string> {
  const state = leaseState(lease, now);
  return {
    'x-ms-lease-status': isHeld(lease, now) ? 'locked' : 'unlocked',
    'x-ms-lease-state': state,
    ...(state === 'leased' ? { 'x-ms-lease-duration': lease?.until === undefined ? 'infinite' : 'fixed' } : {}),
  };
}

/** The same as elements of a list. */
export function leaseElements(lease: Lease | undefined, now: Date): string {
  const headers = leaseHeaders(lease, now);
  const element = (name: string, header: string) =>
    headers[header] === undefined ? '' : xmlElement(name, headers[header]);
  return `${element('LeaseStatus', 'x-ms-lease-status')}${element('LeaseState', 'x-ms-lease-state')}${element('LeaseDuration', 'x-ms-lease-duration')}`;
}

/** What a lease request asks for; ids in lower case. */
export type LeaseRequest = {
  readonly action: string;
  readonly id: string | undefined;
  readonly proposed: string | undefined;
  /** `x-ms-lease-duration` and `x-ms-lease-break-period` as they were sent, in seconds. */
  readonly duration: string | undefined;
  readonly breakPeriod: string | undefined;
};

export type LeaseOutcome = {
  /** Undefined when the lease is released. */
  readonly lease: Lease | undefined;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
};

const refuse = (code: string, message: string) => new BlobError(409, code, message);
const isDuration = (seconds: number) => seconds === -1 || (seconds >= 15 && seconds <= 60);

/**
 * One step of a blob's or container's lease, by the documented table of states and actions.
 * @throws BlobError with the service's code for an action that the state does not allow
 */
export function stepLease(before: Lease | undefined, request: LeaseRequest, now: Date): LeaseOutcome {
  const { id, proposed } = request;
  const state = leaseState(before, now);
  const lasting = (name: string, seconds: number): Lease => ({
    id: name,
    seconds,
    ...(seconds < 0 ? {} : { until: new Date(now.getTime() + seconds * 1000).toISOString() }),
  });
  const own = (): Lease => {
    if (before && before.id === id) return before;
    throw refuse('LeaseIdMismatchWithLeaseOperation', 'The request names another lease than there is.');
  };
  switch (request.action) {
    case 'acquire': {
      if (state === 'breaking')
        throw before?.id === proposed
          ? refuse('LeaseIsBreakingAndCannotBeAcquired', 'The lease is being broken.')
          : refuse('LeaseAlreadyPresent', 'There is a lease already.');
      if (state === 'leased' && before?.id !== proposed)
        throw refuse('LeaseAlreadyPresent', 'There is a lease already.');
      const seconds = Number(request.duration ?? -1);
      if (!isDuration(seconds))
        throw new BlobError(400, 'InvalidHeaderValue', "'x-ms-lease-duration' must be -1, or 15 to 60 seconds.");
      const lease = lasting(proposed ?? newGuid(), seconds);
      return { lease, status: 201, headers: { 'x-ms-lease-id': lease.id } };
    }
    case 'renew': {
      const lease = own();
      if (state === 'breaking' || state === 'broken')
        throw refuse('LeaseIsBrokenAndCannotBeRenewed', 'The lease was broken. Acquire a new one.');
      return { lease: lasting(lease.id, lease.seconds), status: 200, headers: { 'x-ms-lease-id': lease.id } };
    }
    case 'change': {
      if (state === 'breaking') throw refuse('LeaseIsBreakingAndCannotBeChanged', 'The lease is being broken.');
      if (state !== 'leased') throw refuse('LeaseNotPresentWithLeaseOperation', 'There is no lease to change.');
      // Asked for twice, the second time finds it done.
      const lease = before?.id === proposed ? (before as Lease) : own();
      const changed = { ...lease, id: proposed ?? newGuid() };
      return { lease: changed, status: 200, headers: { 'x-ms-lease-id': changed.id } };
    }
    case 'release':
      own();
      return { lease: undefined, status: 200, headers: {} };
    case 'break': {
      if (!before) throw refuse('LeaseNotPresentWithLeaseOperation', 'There is no lease to break.');
      const left = breakSeconds(before, state, request.breakPeriod, now);
      const brokenAt = new Date(now.getTime() + left * 1000).toISOString();
      return { lease: { ...before, brokenAt }, status: 202, headers: { 'x-ms-lease-time': String(left) } };
    }
    default:
      throw new BlobError(
        400,
        'InvalidHeaderValue',
        "'x-ms-lease-action' must be acquire, renew, change, release or break.",
      );
  }
}

/** Seconds until a break takes effect: what is left of the lease, or the period asked for where that is shorter. */
function breakSeconds(lease: Lease, state: LeaseState, period: string | undefined, now: Date): number {
  if (state === 'broken' || state === 'expired') return 0;
  const end = state === 'breaking' ? lease.brokenAt : lease.until;
  const left = end === undefined ? undefined : Math.max(0, Math.ceil((Date.parse(end) - now.getTime()) / 1000));
  if (period === undefined) return left ?? 0;
  const asked = Number(period);
  if (!Number.isInteger(asked) || asked < 0 || asked > 60)
    throw new BlobError(400, 'InvalidHeaderValue', "'x-ms-lease-break-period' must be 0 to 60 seconds.");
  return Math.min(asked, left ?? asked);
}
