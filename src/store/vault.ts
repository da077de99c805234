import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { chmod, link, readFile, rm, writeFile } from 'node:fs/promises';
import { invalid } from '../kernel/errors.ts';
import { newGuid } from '../kernel/ids.ts';

/** Encrypts secrets at rest: what the database holds of them is never clear text. */
export type Vault = {
  /** AES-256-GCM under the data directory's key; the answer is printable. */
  seal(secret: string): string;
  /** @throws invalid when the text was not sealed here or was changed */
  open(sealed: string): string;
};

/** Where a sealed text begins; no JSON document begins so. */
const SEALED = 'v1.';

/** Whether a stored text is one that a vault sealed. */
export const isSealed = (text: string): boolean => text.startsWith(SEALED);

/** Opens the vault whose 256-bit key lies in `keyFile`, readable by the user only; makes the key at first start. */
export async function openVault(keyFile: string): Promise<Vault> {
  const key = createSecretKey(await readKey(keyFile));
  return {
    seal(secret) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return `${SEALED}${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')}`;
    },
    open(sealed) {
      const bytes = Buffer.from(sealed.slice(SEALED.length), 'base64url');
      if (!isSealed(sealed) || bytes.length < 28) throw invalid('A stored secret is damaged: enter it again.');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(12, 28));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
      } catch (cause) {
        throw invalid(
          'What is stored sealed cannot be opened with this data directory’s key: restore the key, or enter the secret again.',
          { cause },
        );
      }
    },
  };
}

async function readKey(keyFile: string): Promise<Buffer> {
  const existing = await readFile(keyFile).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (existing?.length === 32) return existing;
  if (existing)
    throw invalid(
      `${keyFile} is not a key of 32 bytes. Restore it from a backup; without it stored secrets cannot be read.`,
    );
  // Written aside and linked into place: two first starts agree on one key, and a crash leaves no half of one.
  const draft = `${keyFile}.${newGuid()}`;
  await writeFile(draft, randomBytes(32), { mode: 0o600 });
  await link(draft, keyFile).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  await chmod(keyFile, 0o600);
  return readFile(keyFile);
}
