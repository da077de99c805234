import type { AccessPolicy } from './access-policy.ts';
import { BlobError } from './blob-error.ts';
import { headersOf } from './conditions.ts';
import type { Containers } from './containers.ts';
import type { Answer, BlobRequest } from './request.ts';
import { readBody, type WriteContext } from './write.ts';
import { XML_HEAD, xmlElement, xmlUnescape } from './xml.ts';

/** Limits that are documented. */
const POLICY_LIMIT = 5;
const ID_LIMIT = 64;
const BODY_LIMIT = 64 * 1024;

/** Get Container ACL. */
export async function getPolicies(containers: Containers, request: BlobRequest): Promise<Answer> {
  const state = await containers.state(request.account, request.container);
  const items = state.policies.map(
    ({ id, start, expiry, permission }) =>
      `<SignedIdentifier>${xmlElement('Id', id)}<AccessPolicy>${xmlElement('Start', start)}${xmlElement('Expiry', expiry)}${xmlElement('Permission', permission)}</AccessPolicy></SignedIdentifier>`,
  );
  return {
    status: 200,
    headers: { ...headersOf(state), 'content-type': 'application/xml' },
    text: `${XML_HEAD}<SignedIdentifiers>${items.join('')}</SignedIdentifiers>`,
  };
}

/** Set Container ACL: replaces the stored access policies. Public access is refused, as by an account that does not permit it. */
export async function setPolicies(
  containers: Containers,
  context: WriteContext,
  request: BlobRequest,
): Promise<Answer> {
  if (request.header('x-ms-blob-public-access') !== undefined)
    throw new BlobError(409, 'PublicAccessNotPermitted', 'Public access is not permitted on this storage account.');
  const policies = parsePolicies((await readBody(context.store, request, BODY_LIMIT)).toString('utf8'));
  const state = await containers.update(
    request.account,
    request.container,
    () => ({ policies }),
    () => {},
  );
  return { status: 200, headers: headersOf(state) };
}

function parsePolicies(text: string): AccessPolicy[] {
  const bodies = [...text.matchAll(/<SignedIdentifier>([\s\S]*?)<\/SignedIdentifier>/g)].map((match) => match[1] ?? '');
  if (bodies.length > POLICY_LIMIT)
    throw new BlobError(400, 'InvalidXmlDocument', `A container has at most ${POLICY_LIMIT} stored access policies.`);
  return bodies.map((body) => {
    const field = (name: string) => {
      const value = new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1];
      return value === undefined ? undefined : xmlUnescape(value).trim();
    };
    const id = field('Id') ?? '';
    if (id === '' || id.length > ID_LIMIT)
      throw new BlobError(
        400,
        'InvalidXmlNodeValue',
        `The Id of a stored access policy has 1 to ${ID_LIMIT} characters.`,
      );
    const fields = { start: field('Start'), expiry: field('Expiry'), permission: field('Permission') };
    return { id, ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value)) };
  });
}
