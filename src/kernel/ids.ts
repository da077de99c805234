import { createHash, randomBytes, randomUUID } from 'node:crypto';

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

/** A GUID that is the same for the same text. */
export function guidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
