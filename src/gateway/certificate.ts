import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto';
import {
  bitString,
  booleanTrue,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  tagged,
  time,
  utf8String,
} from './der.ts';

/** ecdsa-with-SHA256; the keys are on P-256. */
const SIGNATURE_ALGORITHM = sequence(objectIdentifier('1.2.840.10045.4.3.2'));

export type Validity = { readonly from: Date; readonly to: Date };

/**
 * Makes the certificate of a local authority: it may sign leaves only, and only for the given DNS suffixes; both facts are critical
 * extensions, so that a client that does not understand them refuses the authority whole. IP addresses are excluded.
 * @param key the authority's P-256 key pair
 * @returns PEM
 */
export function authorityCertificate(
  key: { privateKey: KeyObject; publicKey: KeyObject },
  wanted: { name: string; validity: Validity; suffixes: readonly string[] },
): string {
  const permitted = wanted.suffixes.map((suffix) => sequence(tagged(2, false, Buffer.from(suffix, 'latin1'))));
  const everyAddress = [8, 32].map((length) => sequence(tagged(7, false, Buffer.alloc(length))));
  return certificate(key.privateKey, {
    issuer: wanted.name,
    subject: wanted.name,
    publicKey: key.publicKey,
    validity: wanted.validity,
    extensions: [
      extension('2.5.29.19', true, sequence(booleanTrue(), integer(Buffer.from([0])))),
      // keyCertSign and cRLSign.
      extension('2.5.29.15', true, bitString(Buffer.from([0x06]), 1)),
      extension('2.5.29.14', false, octetString(keyIdentifier(key.publicKey))),
      extension('2.5.29.30', true, sequence(tagged(0, true, ...permitted), tagged(1, true, ...everyAddress))),
    ],
  });
}

/**
 * Makes the certificate of one host, with everything that Python 3.13's strict mode asks for.
 * @returns PEM
 */
export function hostCertificate(
  authority: { name: string; privateKey: KeyObject; publicKey: KeyObject },
  wanted: { host: string; publicKey: KeyObject; validity: Validity },
): string {
  return certificate(authority.privateKey, {
    issuer: authority.name,
    // The host is in the alternative name alone: a common name is limited to 64 characters.
    subject: 'Millrace local host',
    publicKey: wanted.publicKey,
    validity: wanted.validity,
    extensions: [
      extension('2.5.29.19', true, sequence()),
      // digitalSignature.
      extension('2.5.29.15', true, bitString(Buffer.from([0x80]), 7)),
      // serverAuth.
      extension('2.5.29.37', false, sequence(objectIdentifier('1.3.6.1.5.5.7.3.1'))),
      extension('2.5.29.14', false, octetString(keyIdentifier(wanted.publicKey))),
      extension('2.5.29.35', false, sequence(tagged(0, false, keyIdentifier(authority.publicKey)))),
      extension('2.5.29.17', false, sequence(tagged(2, false, Buffer.from(wanted.host, 'latin1')))),
    ],
  });
}

function certificate(
  signer: KeyObject,
  parts: {
    issuer: string;
    subject: string;
    publicKey: KeyObject;
    validity: Validity;
    extensions: readonly Uint8Array[];
  },
): string {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40;
  const body = sequence(
    tagged(0, true, integer(Buffer.from([2]))),
    integer(serial),
    SIGNATURE_ALGORITHM,
    commonName(parts.issuer),
    sequence(time(parts.validity.from), time(parts.validity.to)),
    commonName(parts.subject),
    parts.publicKey.export({ format: 'der', type: 'spki' }),
    tagged(3, true, sequence(...parts.extensions)),
  );
  const whole = sequence(body, SIGNATURE_ALGORITHM, bitString(sign('sha256', body, signer)));
  const lines = whole.toString('base64').match(/.{1,64}/g) as string[];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function commonName(name: string): Buffer {
  return sequence(set(sequence(objectIdentifier('2.5.4.3'), utf8String(name))));
}

function extension(id: string, critical: boolean, value: Uint8Array): Buffer {
  return sequence(objectIdentifier(id), ...(critical ? [booleanTrue()] : []), octetString(value));
}

/** SHA-1 of the public key's bits, as RFC 5280 suggests. It names a key and secures nothing. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  const jwk = publicKey.export({ format: 'jwk' });
  const point = Buffer.concat([
    Buffer.from([4]),
    Buffer.from(jwk.x as string, 'base64url'),
    Buffer.from(jwk.y as string, 'base64url'),
  ]);
  return createHash('sha1').update(point).digest();
}
