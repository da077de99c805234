/** Hides secrets in what the server itself writes to logs. */
export type Masker = {
  add(secret: string): void;
  /** Replaces every form of every secret by `***`. */
  mask(text: string): string;
};

/** Shorter values would blank out half of a log without protecting anything. */
const SHORTEST = 3;

/** Makes a masker. Besides the value itself its lines, its base64 (at any alignment), URL-encoded and JSON-escaped forms are hidden. */
export function createMasker(secrets: Iterable<string> = []): Masker {
  const forms = new Set<string>();
  let pattern: RegExp | undefined;
  const masker: Masker = {
    add(secret) {
      for (const part of [secret, ...secret.split(/\r?\n/)])
        for (const form of formsOf(part.trim())) if (form.length >= SHORTEST) forms.add(form);
      pattern = undefined;
    },
    mask(text) {
      if (forms.size === 0) return text;
      // Longest first: a secret inside another must not leave the rest of it standing.
      pattern ??= new RegExp(
        [...forms]
          .sort((a, b) => b.length - a.length)
          .map((form) => form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
          .join('|'),
        'g',
      );
      return text.replace(pattern, '***');
    },
  };
  for (const secret of secrets) masker.add(secret);
  return masker;
}

function formsOf(secret: string): string[] {
  if (secret.length < SHORTEST) return [];
  const bytes = Buffer.from(secret, 'utf8');
  const aligned = [0, 1, 2].map((offset) => {
    // Of a secret in the middle of encoded text only the characters that depend on nothing else are the same each time.
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const start = offset === 0 ? 0 : offset + 1;
    const whole = Math.floor(((offset + bytes.length) * 8) / 6);
    return text.slice(start, whole);
  });
  const encoded = [bytes.toString('base64'), bytes.toString('base64url'), ...aligned].filter(
    (form) => form.length >= 8,
  );
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), ...encoded];
}
