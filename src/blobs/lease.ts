import { newGuid } from '../kernel/ids.ts';
import { BlobError } from './blob-error.ts';
import { headersOf } from './conditions.ts';
import type { BlobProperties, Lease } from './properties.ts';
import { type Answer, type BlobRequest, blobOf } from './request.ts';
import type { WriteContext } from './write.ts';

/** Lease Blob: acquire, renew, change, release, break. A broken lease ends at once; break periods are not kept. */
export async function leaseBlob(context: WriteContext, request: BlobRequest): Promise<Answer> {
  const action = request.header('x-ms-lease-action')?.toLowerCase() ?? '';
  const given = request.header('x-ms-lease-id')?.toLowerCase();
  const proposed = request.header('x-ms-proposed-lease-id')?.toLowerCase();
  const now = context.now();
  let id = '';
  const change = ({ properties }: { properties: BlobProperties }): BlobProperties => {
    const { lease: before, ...rest } = properties;
    const active = before && (before.until === undefined || new Date(before.until) > now) ? before : undefined;
    const after = next(action, { active, before, given, proposed, request, now });
    id = after?.id ?? given ?? '';
    return after ? { ...rest, lease: after } : rest;
  };
  const state = await context.store.update(blobOf(request), change, () => {}, true);
  const headers = {
    ...headersOf(state),
    ...(action === 'break' ? { 'x-ms-lease-time': '0' } : { 'x-ms-lease-id': id }),
  };
  return { status: { acquire: 201, break: 202 }[action] ?? 200, headers };
}

type LeaseRequest = {
  active: Lease | undefined;
  before: Lease | undefined;
  given: string | undefined;
  proposed: string | undefined;
  request: BlobRequest;
  now: Date;
};

function next(action: string, asked: LeaseRequest): Lease | undefined {
  const { active, before, given, proposed, now } = asked;
  const from = (id: string, seconds: number): Lease => ({
    id,
    seconds,
    ...(seconds < 0 ? {} : { until: new Date(now.getTime() + seconds * 1000).toISOString() }),
  });
  const holder = (lease: Lease | undefined): Lease => {
    if (lease?.id === given && lease) return lease;
    throw new BlobError(409, 'LeaseIdMismatchWithLeaseOperation', 'The request names another lease than the blob has.');
  };
  switch (action) {
    case 'acquire': {
      if (active && active.id !== proposed)
        throw new BlobError(409, 'LeaseAlreadyPresent', 'The blob is leased already.');
      const seconds = Number(asked.request.header('x-ms-lease-duration') ?? -1);
      if (seconds !== -1 && !(seconds >= 15 && seconds <= 60))
        throw new BlobError(400, 'InvalidHeaderValue', "'x-ms-lease-duration' must be -1, or 15 to 60 seconds.");
      return from(proposed ?? newGuid(), seconds);
    }
    case 'renew': {
      const lease = holder(before);
      return from(lease.id, lease.seconds);
    }
    case 'change':
      return from(proposed ?? newGuid(), holder(active).seconds);
    case 'release':
      holder(before);
      return undefined;
    case 'break':
      if (!before) throw new BlobError(409, 'LeaseNotPresentWithLeaseOperation', 'The blob has no lease.');
      return undefined;
    default:
      throw new BlobError(
        400,
        'InvalidHeaderValue',
        "'x-ms-lease-action' must be acquire, renew, change, release or break.",
      );
  }
}
