import { hmac } from './hmac.ts';

/** What a user delegation key was made for, as signatures repeat it (`skoid`, `sktid`, …). */
export type DelegationKey = {
  readonly oid: string;
  readonly tid: string;
  readonly start: string;
  readonly expiry: string;
  readonly service: string;
  readonly version: string;
};

/** The key's value, base64. It follows from the account's key and what it was made for, so that none has to be kept. */
export function delegationValue(accountKey: string, key: DelegationKey): string {
  return hmac(
    accountKey,
    ['user-delegation', key.oid, key.tid, key.start, key.expiry, key.service, key.version].join('\n'),
  );
}
