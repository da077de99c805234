import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeOwnerOnly } from './config.ts';
import { commandError } from './errors.ts';

/** A subscription of the profile: the shape az keeps in `azureProfile.json` (documented). */
export type ProfileSubscription = {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly tenantId: string;
  readonly homeTenantId: string;
  readonly environmentName: string;
  readonly isDefault: boolean;
  readonly managedByTenants: readonly unknown[];
  readonly user: { readonly name: string; readonly type: string; readonly assignedIdentityInfo?: string };
};

/** How a service principal proves itself. A federated token is kept too: it lives as long as the pipeline step that made it. */
export type Credential = {
  readonly clientId: string;
  readonly tenant: string;
  readonly clientSecret?: string;
  readonly certificate?: string;
  readonly federatedToken?: string;
};

export type Profile = {
  subscriptions(): ProfileSubscription[];
  save(subscriptions: readonly ProfileSubscription[]): void;
  credential(clientId: string, tenant: string): Credential | undefined;
  saveCredential(credential: Credential): void;
  removeCredential(clientId: string): void;
  /** Forgets everyone. */
  clear(): void;
};

/** Opens the login state of a configuration directory. Files are readable by the user only; credentials are never clear text. */
export function openProfile(directory: string): Profile {
  const file = join(directory, 'azureProfile.json');
  const credentials = join(directory, 'service_principal_entries.sealed');
  const keyFile = join(directory, 'service_principal.key');
  const readCredentials = (): Credential[] => {
    const sealed = read(credentials);
    if (sealed === undefined) return [];
    return JSON.parse(unseal(sealed.trim(), readKey(keyFile))) as Credential[];
  };
  const writeCredentials = (entries: readonly Credential[]) => {
    if (read(keyFile) === undefined) writeOwnerOnly(keyFile, randomBytes(32).toString('base64'));
    writeOwnerOnly(credentials, seal(JSON.stringify(entries), readKey(keyFile)));
  };
  return {
    subscriptions() {
      const text = read(file);
      if (text === undefined) return [];
      try {
        return (
          (JSON.parse(text.replace(/^\uFEFF/, '')) as { subscriptions?: ProfileSubscription[] }).subscriptions ?? []
        );
      } catch (cause) {
        throw commandError(`The login state in ${file} is damaged: run 'az account clear', then 'az login'.`, {
          cause,
        });
      }
    },
    save: (subscriptions) => writeOwnerOnly(file, `${JSON.stringify({ subscriptions }, null, 2)}\n`),
    credential: (clientId, tenant) =>
      readCredentials().find((entry) => entry.clientId === clientId && entry.tenant === tenant),
    saveCredential(credential) {
      const others = readCredentials().filter(
        (entry) => entry.clientId !== credential.clientId || entry.tenant !== credential.tenant,
      );
      writeCredentials([...others, credential]);
    },
    removeCredential(clientId) {
      const entries = readCredentials();
      const rest = entries.filter((entry) => entry.clientId !== clientId);
      if (rest.length !== entries.length) writeCredentials(rest);
    },
    clear() {
      for (const one of [file, credentials, keyFile]) rmSync(one, { force: true });
    },
  };
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

// The key lies beside the file: this keeps a secret out of searches, backups and artifacts of the folder's text, and no more;
// what protects both files is that only the user can read them.
function readKey(keyFile: string): Buffer {
  const key = Buffer.from(read(keyFile) ?? '', 'base64');
  if (key.length !== 32) throw commandError("The stored credentials have lost their key: run 'az login' again.");
  return key;
}

function seal(text: string, key: Buffer): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
}

function unseal(sealed: string, key: Buffer): string {
  const bytes = Buffer.from(sealed, 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw commandError("The stored credentials cannot be read: run 'az login' again.", { cause });
  }
}
