import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlobError } from './blob-error.ts';
import { type Lease, type LeaseRequest, leaseState, stepLease } from './lease-state.ts';

const NOW = new Date('2026-02-01T00:00:00Z');
const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
const held: Lease = { id: 'a', seconds: 30, until: at(30).toISOString() };
const states: Record<string, Lease | undefined> = {
  available: undefined,
  leased: held,
  infinite: { id: 'a', seconds: -1 },
  expired: { ...held, until: at(-1).toISOString() },
  breaking: { ...held, brokenAt: at(10).toISOString() },
  broken: { ...held, brokenAt: at(-1).toISOString() },
};
const nothing = { id: undefined, proposed: undefined, duration: undefined, breakPeriod: undefined };

/** The state after an action, or the code of the refusal. */
function after(state: string, request: Partial<LeaseRequest> & { action: string }): string {
  try {
    const { lease } = stepLease(states[state], { ...nothing, ...request }, NOW);
    return `${leaseState(lease, NOW)}${lease ? ` ${lease.id}` : ''}`;
  } catch (error) {
    assert.ok(error instanceof BlobError, String(error));
    return error.code;
  }
}

test('every action in every state, by the documented table', () => {
  const table: [string, Partial<LeaseRequest> & { action: string }, string][] = [
    ['available', { action: 'acquire', proposed: 'b', duration: '15' }, 'leased b'],
    ['available', { action: 'renew', id: 'a' }, 'LeaseIdMismatchWithLeaseOperation'],
    ['available', { action: 'change', id: 'a', proposed: 'b' }, 'LeaseNotPresentWithLeaseOperation'],
    ['available', { action: 'release', id: 'a' }, 'LeaseIdMismatchWithLeaseOperation'],
    ['available', { action: 'break' }, 'LeaseNotPresentWithLeaseOperation'],
    ['leased', { action: 'acquire', proposed: 'a' }, 'leased a'],
    ['leased', { action: 'acquire', proposed: 'b' }, 'LeaseAlreadyPresent'],
    ['leased', { action: 'renew', id: 'a' }, 'leased a'],
    ['leased', { action: 'renew', id: 'b' }, 'LeaseIdMismatchWithLeaseOperation'],
    ['leased', { action: 'change', id: 'a', proposed: 'b' }, 'leased b'],
    ['leased', { action: 'change', id: 'c', proposed: 'a' }, 'leased a'],
    ['leased', { action: 'release', id: 'a' }, 'available'],
    ['leased', { action: 'break' }, 'breaking a'],
    ['leased', { action: 'break', breakPeriod: '0' }, 'broken a'],
    ['infinite', { action: 'break' }, 'broken a'],
    ['infinite', { action: 'break', breakPeriod: '20' }, 'breaking a'],
    ['expired', { action: 'acquire', proposed: 'b' }, 'leased b'],
    ['expired', { action: 'renew', id: 'a' }, 'leased a'],
    ['expired', { action: 'change', id: 'a', proposed: 'b' }, 'LeaseNotPresentWithLeaseOperation'],
    ['expired', { action: 'release', id: 'a' }, 'available'],
    ['expired', { action: 'break' }, 'broken a'],
    ['breaking', { action: 'acquire', proposed: 'a' }, 'LeaseIsBreakingAndCannotBeAcquired'],
    ['breaking', { action: 'acquire', proposed: 'b' }, 'LeaseAlreadyPresent'],
    ['breaking', { action: 'renew', id: 'a' }, 'LeaseIsBrokenAndCannotBeRenewed'],
    ['breaking', { action: 'change', id: 'a', proposed: 'b' }, 'LeaseIsBreakingAndCannotBeChanged'],
    ['breaking', { action: 'release', id: 'a' }, 'available'],
    ['breaking', { action: 'break', breakPeriod: '0' }, 'broken a'],
    ['broken', { action: 'acquire', proposed: 'b' }, 'leased b'],
    ['broken', { action: 'renew', id: 'a' }, 'LeaseIsBrokenAndCannotBeRenewed'],
    ['broken', { action: 'release', id: 'a' }, 'available'],
    ['available', { action: 'acquire', duration: '14' }, 'InvalidHeaderValue'],
    ['leased', { action: 'break', breakPeriod: '61' }, 'InvalidHeaderValue'],
    ['available', { action: 'take' }, 'InvalidHeaderValue'],
  ];
  for (const [state, request, expected] of table)
    assert.equal(after(state, request), expected, `${state}: ${JSON.stringify(request)}`);
});

test('a break tells the seconds that are left, never more than the lease had', () => {
  const left = (state: string, breakPeriod?: string) =>
    stepLease(states[state], { ...nothing, action: 'break', breakPeriod }, NOW).headers['x-ms-lease-time'];
  assert.deepEqual(
    [left('leased'), left('leased', '60'), left('leased', '5'), left('infinite', '60'), left('breaking', '60')],
    ['30', '30', '5', '60', '10'],
  );
});
