import { headersOf } from './conditions.ts';
import type { Containers } from './containers.ts';
import { type LeaseOutcome, type LeaseRequest, stepLease } from './lease-state.ts';
import { type Answer, type BlobRequest, blobOf } from './request.ts';
import type { WriteContext } from './write.ts';

/** Lease Blob: acquire, renew, change, release, break. */
export async function leaseBlob(context: WriteContext, request: BlobRequest): Promise<Answer> {
  let outcome: LeaseOutcome | undefined;
  const state = await context.store.update(
    blobOf(request),
    ({ properties }) => {
      const { lease, ...rest } = properties;
      outcome = stepLease(lease, leaseRequest(request), context.now());
      return outcome.lease ? { ...rest, lease: outcome.lease } : rest;
    },
    () => {},
    true,
  );
  return { status: outcome?.status ?? 200, headers: { ...headersOf(state), ...outcome?.headers } };
}

/** Lease Container. */
export async function leaseContainer(containers: Containers, request: BlobRequest, now: Date): Promise<Answer> {
  let outcome: LeaseOutcome | undefined;
  const state = await containers.setLease(request.account, request.container, (lease) => {
    outcome = stepLease(lease, leaseRequest(request), now);
    return outcome.lease;
  });
  return { status: outcome?.status ?? 200, headers: { ...headersOf(state), ...outcome?.headers } };
}

function leaseRequest(request: BlobRequest): LeaseRequest {
  return {
    action: request.header('x-ms-lease-action')?.toLowerCase() ?? '',
    id: request.header('x-ms-lease-id')?.toLowerCase(),
    proposed: request.header('x-ms-proposed-lease-id')?.toLowerCase(),
    duration: request.header('x-ms-lease-duration'),
    breakPeriod: request.header('x-ms-lease-break-period'),
  };
}
