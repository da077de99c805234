import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOutboundRule } from './outbound-rule.ts';

test('a rule is completed, and its destination must fit its type', () => {
  assert.deepEqual(readOutboundRule('r', { type: 'fqdn', destination: 'pypi.org' }), {
    category: 'UserDefined',
    status: 'Inactive',
    type: 'FQDN',
    destination: 'pypi.org',
  });
  const tag = { serviceTag: 'DataFactory', protocol: 'TCP', portRanges: '80' };
  assert.equal(readOutboundRule('r', { type: 'ServiceTag', destination: tag })['destination'], tag);
  for (const [properties, message] of [
    [{}, /'r' has the type '': expected one of FQDN, PrivateEndpoint, ServiceTag/],
    [{ type: 'FQDN', destination: {} }, /type FQDN needs 'destination', the name of a host/],
    [{ type: 'ServiceTag', destination: 'x' }, /an object with serviceTag, protocol, portRanges/],
    [{ type: 'PrivateEndpoint', destination: { serviceResourceId: '/x' } }, /needs 'subresourceTarget'/],
  ] as const)
    assert.throws(() => readOutboundRule('r', properties), { code: 'invalid', message });
});
