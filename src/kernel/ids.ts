import { randomBytes, randomUUID } from 'node:crypto';

/** A fresh random GUID in lower case. */
export function newGuid(): string {
  return randomUUID();
}

/**
 * A fresh secret of 256 bits, URL-safe. For tokens: never logged, compared in constant time. It begins with a letter or a digit, since
 * command lines take a value with a leading hyphen for an option.
 */
export function newSecret(): string {
  for (;;) {
    const secret = randomBytes(32).toString('base64url');
    if (/^[A-Za-z0-9]/.test(secret)) return secret;
  }
}
