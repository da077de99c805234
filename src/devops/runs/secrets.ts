import { isSealed, type Vault } from '../../store/index.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Encrypts a document before it is stored. The whole of it: a secret gets into values that nobody declared secret (an output made of one, a
 * text that a template expression put one into), and no look at a value tells.
 */
export function sealDocument(vault: Vault, document: unknown): string {
  return vault.seal(JSON.stringify(document));
}

/**
 * Reads a document back. Rows of older servers are JSON in which only declared secrets are sealed, as `{ sealed, isSecret: true }`.
 * @throws invalid when it was sealed with another key
 */
export function openDocument<T>(vault: Vault, text: string): T {
  if (isSealed(text)) return JSON.parse(vault.open(text)) as T;
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
