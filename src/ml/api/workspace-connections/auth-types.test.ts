import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readConnection } from './auth-types.ts';

describe('what a connection is made of', () => {
  test('credentials are taken out of what is shown, under their own names', () => {
    const { shown, secrets } = readConnection({
      authType: 'serviceprincipal',
      category: 'AzureBlob',
      target: 'x',
      credentials: { ClientId: 'c', clientsecret: 's', tenantId: 't' },
      createdByWorkspaceArmId: '/elsewhere',
      expiryTime: null,
    });
    assert.deepEqual(shown, { authType: 'ServicePrincipal', category: 'AzureBlob', target: 'x' });
    assert.deepEqual(secrets, { clientId: 'c', clientSecret: 's', tenantId: 't' });
  });

  test('custom keys have names of their own', () => {
    assert.deepEqual(readConnection({ authType: 'CustomKeys', credentials: { keys: { any: 'k' } } }).secrets, {
      keys: { any: 'k' },
    });
  });

  test('what does not fit is said with what would', () => {
    for (const [properties, message] of [
      [{}, /needs 'authType', one of .*PAT/],
      [{ authType: 'Password' }, /'Password' is not an authType: expected one of .*UsernamePassword/],
      [
        { authType: 'PAT', credentials: { password: 'x' } },
        /'password' is no field .* of authType PAT: expected pat\./,
      ],
      [{ authType: 'None', credentials: { key: 'x' } }, /authType None has no credentials/],
      [{ authType: 'ApiKey', credentials: { key: ['x'] } }, /'key' must be a text/],
    ] as const)
      assert.throws(() => readConnection(properties), { code: 'invalid', message });
  });
});
