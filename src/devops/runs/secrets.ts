import type { Vault } from '../../store/index.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Encrypts every `{ value, isSecret: true }` inside a document before it is stored.
 * @returns JSON text in which such values appear as `{ sealed, isSecret: true }`
 */
export function sealDocument(vault: Vault, document: unknown): string {
  return JSON.stringify(document, (_key, value: unknown) => {
    if (!isSecretValue(value)) return value;
    const { value: secret, ...rest } = value;
    return { ...rest, sealed: vault.seal(secret) };
  });
}

/** Reads a document back, its secrets opened. @throws invalid when a secret was sealed with another key */
export function openDocument<T>(vault: Vault, text: string): T {
  // Most documents hold no secret, and a reviver makes parsing several times slower.
  if (!text.includes('"sealed"')) return JSON.parse(text) as T;
  return JSON.parse(text, (_key, value: Json) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const { sealed, ...rest } = value as { sealed?: Json; isSecret?: Json };
    return rest.isSecret === true && typeof sealed === 'string' ? { ...rest, value: vault.open(sealed) } : value;
  }) as T;
}

/** The same variables for an answer: secrets are null, as the real service shows them. */
export function hideSecrets<T extends { readonly isSecret?: boolean }>(
  variables: Readonly<Record<string, T>> | undefined,
): Record<string, T | { value: null; isSecret: true }> {
  return Object.fromEntries(
    Object.entries(variables ?? {}).map(([name, variable]) => [
      name,
      variable.isSecret ? { value: null, isSecret: true as const } : variable,
    ]),
  );
}

function isSecretValue(value: unknown): value is { value: string; isSecret: true } {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as { isSecret?: unknown }).isSecret === true &&
    typeof (value as { value?: unknown }).value === 'string'
  );
}
