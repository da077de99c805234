import { invalid } from '../../../kernel/errors.ts';
import { fieldOf, isObject, type Json, objectField, textField, textsField } from '../../wire-fields.ts';

/** The fields of a connection's credentials, by its kind of authentication (specified). `undefined`: there are none. `any`: names of the user's own. */
const AUTH_TYPES: Readonly<Record<string, readonly string[] | 'any' | undefined>> = {
  AAD: undefined,
  AccessKey: ['accessKeyId', 'secretAccessKey'],
  AccountKey: ['key'],
  ApiKey: ['key'],
  CustomKeys: 'any',
  ManagedIdentity: ['clientId', 'resourceId'],
  None: undefined,
  OAuth2: ['authUrl', 'clientId', 'clientSecret', 'developerToken', 'password', 'refreshToken', 'tenantId', 'username'],
  PAT: ['pat'],
  SAS: ['sas'],
  ServicePrincipal: ['clientId', 'clientSecret', 'tenantId'],
  UsernamePassword: ['username', 'password', 'securityToken'],
};

export type ConnectionContent = {
  /** What every reader sees. */
  readonly shown: Json;
  /** The credentials, which only listsecrets gives back; absent where the request has none. */
  readonly secrets?: Json;
};

/** What the service sets. */
const READ_ONLY = new Set(['credentials', 'createdByWorkspaceArmId', 'group']);

/** Reads a connection's properties. @throws invalid for an unknown kind of authentication, or credentials that do not fit it */
export function readConnection(properties: Json): ConnectionContent {
  const given = textField(properties, 'authType') ?? '';
  const authType = Object.keys(AUTH_TYPES).find((one) => one.toLowerCase() === given.toLowerCase());
  if (authType === undefined)
    throw invalid(
      given === ''
        ? `A connection needs 'authType', one of ${Object.keys(AUTH_TYPES).join(', ')}.`
        : `'${given.slice(0, 80)}' is not an authType: expected one of ${Object.keys(AUTH_TYPES).join(', ')}.`,
      { target: 'properties.authType' },
    );
  const shown: Record<string, unknown> = { ...properties, authType };
  for (const key of Object.keys(shown))
    if (shown[key] === null || [...READ_ONLY].some((name) => name.toLowerCase() === key.toLowerCase()))
      delete shown[key];
  if (shown['metadata'] !== undefined) shown['metadata'] = textsField(properties, 'metadata');
  const credentials = fieldOf(properties, 'credentials');
  if (credentials === undefined) return { shown };
  const fields = AUTH_TYPES[authType];
  if (fields === undefined) {
    if (isObject(credentials) && Object.keys(credentials).length === 0) return { shown };
    throw invalid(`A connection with authType ${authType} has no credentials: leave them out.`, {
      target: 'properties.credentials',
    });
  }
  if (fields === 'any') return { shown, secrets: { keys: textsField(objectField(properties, 'credentials'), 'keys') } };
  const secrets: Record<string, string> = {};
  for (const key of Object.keys(objectField(properties, 'credentials'))) {
    const name = fields.find((one) => one.toLowerCase() === key.toLowerCase());
    if (name === undefined)
      throw invalid(
        `'${key.slice(0, 80)}' is no field of the credentials of authType ${authType}: expected ${fields.join(', ')}.`,
        { target: 'properties.credentials' },
      );
    const value = textField(credentials, name);
    if (value !== undefined) secrets[name] = value;
  }
  return { shown, secrets };
}
