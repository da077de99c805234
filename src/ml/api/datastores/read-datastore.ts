import { type DomainError, invalid } from '../../../kernel/errors.ts';
import { fieldOf, isObject, type Json, objectField, textField, withoutNulls } from '../../wire-fields.ts';

/** A datastore's body, parted into what everybody may read and what only listSecrets gives. */
export type DatastoreBody = {
  readonly document: Json;
  readonly credentialsType: string;
  readonly secrets?: Json;
};

type Field = { readonly name: string; readonly pattern: RegExp; readonly rule: string };

const ACCOUNT = { pattern: /^[a-z0-9]{3,24}$/, rule: '3 to 24 lower-case letters and digits' };
const CONTAINER = {
  pattern: /^(?=.{3,63}$)(?:\$root|\$web|\$logs|[a-z0-9](?:-?[a-z0-9])*)$/,
  rule: '3 to 63 lower-case letters, digits and single hyphens',
};
const WORD = { pattern: /[A-Za-z0-9_]/, rule: 'a name' };

/** What each kind of datastore must name (specified). */
const KINDS: Readonly<Record<string, readonly Field[]>> = {
  AzureBlob: [
    { name: 'accountName', ...ACCOUNT },
    { name: 'containerName', ...CONTAINER },
  ],
  AzureFile: [
    { name: 'accountName', ...ACCOUNT },
    { name: 'fileShareName', ...CONTAINER },
  ],
  AzureDataLakeGen1: [{ name: 'storeName', ...ACCOUNT }],
  AzureDataLakeGen2: [
    { name: 'accountName', ...ACCOUNT },
    { name: 'filesystem', ...CONTAINER },
  ],
  OneLake: [{ name: 'oneLakeWorkspaceName', ...WORD }],
};

/** What each kind of credentials says openly, and what secretly; the secret by the name that both bodies give it (specified). */
const CREDENTIALS: Readonly<Record<string, { readonly open: readonly string[]; readonly secret?: string }>> = {
  AccountKey: { open: [], secret: 'key' },
  Sas: { open: [], secret: 'sasToken' },
  ServicePrincipal: { open: ['tenantId', 'clientId'], secret: 'clientSecret' },
  Certificate: { open: ['tenantId', 'clientId', 'thumbprint'], secret: 'certificate' },
  None: { open: [] },
};

const refuse = (target: string, message: string): DomainError => invalid(message, { target, wire: 'UserError' });

/** One of a table's names, in any case, as the service writes it. */
function oneOf(table: Readonly<Record<string, unknown>>, target: string, value: string | undefined): string {
  const names = Object.keys(table);
  const found = names.find((name) => name.toLowerCase() === value?.toLowerCase());
  if (found === undefined)
    throw refuse(target, `'${target}' is one of ${names.join(', ')}, not '${(value ?? '').slice(0, 80)}'.`);
  return found;
}

/**
 * Reads a datastore's body.
 * @throws invalid, with the key, for what no storage is called, and for credentials that lack a part
 */
export function readDatastore(body: Json): DatastoreBody {
  const { isDefault: _default, ...properties } = withoutNulls(body);
  const datastoreType = oneOf(KINDS, 'datastoreType', textField(properties, 'datastoreType'));
  for (const { name, pattern, rule } of KINDS[datastoreType] ?? []) {
    const value = textField(properties, name) ?? '';
    if (!pattern.test(value)) throw refuse(name, `'${name}' is ${rule}, not '${value.slice(0, 80)}'.`);
  }
  if (datastoreType === 'OneLake') {
    const artifact = objectField(properties, 'artifact');
    if (!WORD.pattern.test(textField(artifact, 'artifactName') ?? ''))
      throw refuse('artifact', "A OneLake datastore needs 'artifact' with 'artifactName' and 'artifactType'.");
    oneOf({ LakeHouse: true }, 'artifactType', textField(artifact, 'artifactType') ?? 'LakeHouse');
  }
  const { secrets: sent, ...open } = objectField(properties, 'credentials');
  const credentialsType = oneOf(CREDENTIALS, 'credentialsType', textField(open, 'credentialsType') ?? 'None');
  const parts = CREDENTIALS[credentialsType];
  for (const name of parts?.open ?? [])
    if (!textField(open, name)) throw refuse(name, `Credentials of the type ${credentialsType} need '${name}'.`);
  const secret = parts?.secret;
  const value = secret === undefined || !isObject(sent) ? undefined : fieldOf(sent, secret);
  if (value !== undefined && (typeof value !== 'string' || value === ''))
    throw refuse(secret as string, `'${secret}' must be a text.`);
  return {
    document: { ...properties, datastoreType, credentials: { ...open, credentialsType } },
    credentialsType,
    ...(value === undefined ? {} : { secrets: { secretsType: credentialsType, [secret as string]: value } }),
  };
}

/** What a secret of some credentials is called; undefined for none. */
export function secretOf(credentialsType: string): string | undefined {
  return CREDENTIALS[credentialsType]?.secret;
}
