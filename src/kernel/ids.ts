import { randomBytes, randomUUID } from 'node:crypto';

/** A fresh random GUID in lower case. */
export function newGuid(): string {
  return randomUUID();
}

/** A fresh secret of 256 bits, URL-safe. For tokens: never logged, compared in constant time. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
