import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  X509Certificate,
} from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Clock } from '../kernel/clock.ts';
import { replaceFile } from '../kernel/replace-file.ts';
import { authorityCertificate, hostCertificate } from './certificate.ts';
import { AUTHORITY_SUFFIXES } from './hosts.ts';

/** The certificate authority of one data directory. */
export type Authority = {
  /** Its certificate, PEM. */
  readonly certificate: string;
  /** The file that holds the certificate alone. */
  readonly certificateFile: string;
  /** What a TLS server needs to answer for a host. Made once a host, then kept. */
  contextFor(host: string): SecureContext;
};

const DAY = 24 * 3600 * 1000;
const AUTHORITY_DAYS = 5 * 365;
/** Renewed at a start within this many days of its end. */
const RENEW_DAYS = 90;
const HOST_DAYS = 90;
const CONTEXT_LIMIT = 1000;

/**
 * Opens the authority in `directory`; makes it at first start, when it nears its end, or when the suffixes it is limited to have
 * changed. Its private key lies in a file that only the user can read, in one piece with the certificate, so that they cannot disagree.
 */
export async function openAuthority(directory: string, clock: Clock): Promise<Authority> {
  const keyFile = join(directory, 'authority.pem');
  const certificateFile = join(directory, 'ca.pem');
  const now = clock.now().getTime();
  let parts = await readAuthority(keyFile, now);
  if (!parts) {
    parts = makeAuthority(now);
    await replaceFile(keyFile, parts.text, 0o600);
  }
  await replaceFile(certificateFile, parts.certificate, 0o644);
  const { privateKey, certificate, name } = parts;
  const publicKey = createPublicKey(privateKey);
  const end = new Date(new X509Certificate(certificate).validTo).getTime();
  let hostKey: { readonly publicKey: KeyObject; readonly text: string } | undefined;
  const contexts = new Map<string, { context: SecureContext; renewAt: number }>();
  return {
    certificate,
    certificateFile,
    contextFor(host) {
      const at = clock.now().getTime();
      const known = contexts.get(host);
      if (known && known.renewAt > at) return known.context;
      hostKey ??= makeHostKey();
      const to = Math.min(at + HOST_DAYS * DAY, end);
      const made = hostCertificate(
        { name, privateKey, publicKey },
        { host, publicKey: hostKey.publicKey, validity: { from: new Date(at - DAY), to: new Date(to) } },
      );
      const context = createSecureContext({ key: hostKey.text, cert: made, minVersion: 'TLSv1.2' });
      contexts.set(host, { context, renewAt: to - 7 * DAY });
      if (contexts.size > CONTEXT_LIMIT) contexts.delete(contexts.keys().next().value as string);
      return context;
    },
  };
}

/** One key for the certificates of all hosts, made when the first is asked for. */
function makeHostKey() {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { publicKey: pair.publicKey, text: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string };
}

type Parts = {
  readonly text: string;
  readonly privateKey: KeyObject;
  readonly certificate: string;
  readonly name: string;
};

function makeAuthority(now: number): Parts {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // A name of its own: two authorities of one name in one bundle confuse verifiers.
  const name = `Millrace local authority ${randomBytes(4).toString('hex')}`;
  const certificate = authorityCertificate(pair, {
    name,
    validity: { from: new Date(now - DAY), to: new Date(now + AUTHORITY_DAYS * DAY) },
    suffixes: AUTHORITY_SUFFIXES,
  });
  const suffixes = `${SUFFIXES_LINE}${AUTHORITY_SUFFIXES.join(' ')}\n`;
  const text = `${suffixes}${pair.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string}${certificate}`;
  return { text, privateKey: pair.privateKey, certificate, name };
}

const SUFFIXES_LINE = 'May sign for: ';

async function readAuthority(keyFile: string, now: number): Promise<Parts | undefined> {
  const text = await readFile(keyFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n/.exec(text ?? '')?.[0];
  const key = /-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----\n/.exec(text ?? '')?.[0];
  if (text === undefined || certificate === undefined || key === undefined) return undefined;
  if (!text.startsWith(`${SUFFIXES_LINE}${AUTHORITY_SUFFIXES.join(' ')}\n`)) return undefined;
  const parsed = new X509Certificate(certificate);
  if (new Date(parsed.validTo).getTime() - now < RENEW_DAYS * DAY) return undefined;
  const privateKey = createPrivateKey(key);
  if (!parsed.checkPrivateKey(privateKey)) return undefined;
  return { text, privateKey, certificate, name: /CN=(.+)/.exec(parsed.subject)?.[1] ?? '' };
}
