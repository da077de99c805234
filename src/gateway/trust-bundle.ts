import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rootCertificates } from 'node:tls';
import { replaceFile } from '../kernel/replace-file.ts';

/** Where systems keep the roots they trust: Debian and its kin, Red Hat, SUSE, macOS and Alpine, Homebrew. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
  '/opt/homebrew/etc/ca-certificates/cert.pem',
  '/usr/local/etc/ca-certificates/cert.pem',
];

/** Variables by which a person adds an authority of their own (a company's proxy, say). */
const BUNDLE_VARIABLES = ['REQUESTS_CA_BUNDLE', 'SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'] as const;

/** A bundle of a user's is small; anything above this isn't one. */
const BUNDLE_LIMIT = 16 * 1024 * 1024;

export type TrustBundles = {
  /** Every root the machine and the user trust, and the local authority: replaces a client's own bundle. */
  readonly bundleFile: string;
  /** The local authority and what the user adds to Node's own roots: for NODE_EXTRA_CA_CERTS, which adds. */
  readonly extraFile: string;
};

/**
 * Writes both bundles into `directory`. They follow the system's roots and the user's: rebuilt at a start that finds any file they
 * come from, or the bundles themselves, other than the last one left them.
 * @param env the server's environment, for the bundles that the user names
 * @param localCertificate the local authority, PEM
 */
export async function writeTrustBundles(
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
  localCertificate: string,
): Promise<TrustBundles> {
  const bundles = { bundleFile: join(directory, 'bundle.pem'), extraFile: join(directory, 'node-extra.pem') };
  const users = BUNDLE_VARIABLES.flatMap((name) => {
    const path = env[name];
    // A server started in a shell that has our own variables must not feed its bundle to itself.
    return path && !resolve(path).startsWith(`${resolve(directory)}/`) ? [path] : [];
  });
  const stateFile = join(directory, 'trust-bundles.state');
  // The running Node is named because its own roots stand in where the system has none.
  const sources = [process.version, localCertificate, ...[...SYSTEM_BUNDLES, ...users].flatMap(fileStates)];
  const state = () =>
    createHash('sha256')
      .update(JSON.stringify([sources, fileStates(bundles.bundleFile), fileStates(bundles.extraFile)]))
      .digest('hex');
  if (readIfThere(stateFile) === state()) return bundles;
  const system = SYSTEM_BUNDLES.map((path) => certificatesIn(path)).find((found) => found.length > 0);
  const fromUser = users.flatMap(certificatesIn);
  const ours = certificatesOf(localCertificate);
  const builtIn = certificatesOf(rootCertificates.join('\n'));
  await replaceFile(bundles.bundleFile, join64([...(system ?? builtIn), ...fromUser, ...ours]), 0o644);
  const known = new Set([...builtIn, ...(system ?? [])]);
  await replaceFile(bundles.extraFile, join64([...ours, ...fromUser.filter((one) => !known.has(one))]), 0o644);
  await replaceFile(stateFile, state());
  return bundles;
}

/** What tells a file from another: its path, inode, size, times of change; of a folder's certificates each one's. Nothing when it isn't there. */
function fileStates(path: string): string[] {
  try {
    const found = statSync(path);
    const own = `${path} ${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}`;
    return found.isDirectory() ? [own, ...certificateFiles(path).flatMap(fileStates)] : [own];
  } catch {
    return [];
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The certificates of a file, or of the files of a folder, as base64 without line breaks; none when it can't be read. */
function certificatesIn(path: string): string[] {
  try {
    const found = statSync(path);
    if (found.isDirectory()) return certificateFiles(path).flatMap((file) => certificatesOf(readSmall(file)));
    return certificatesOf(readSmall(path));
  } catch {
    return [];
  }
}

function certificateFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /\.(pem|crt|cer|0)$/.test(name))
    .map((name) => join(folder, name));
}

function readSmall(path: string): string {
  return statSync(path).size > BUNDLE_LIMIT ? '' : readFileSync(path, 'latin1');
}

function certificatesOf(text: string): string[] {
  const blocks = text.matchAll(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END/g);
  return [...blocks].map((block) => (block[1] as string).replace(/\s+/g, ''));
}

function join64(certificates: readonly string[]): string {
  return [...new Set(certificates)]
    .map(
      (one) => `-----BEGIN CERTIFICATE-----\n${(one.match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`,
    )
    .join('');
}
