import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientEnvironment } from './client-environment.ts';
import { noProxyRules, proxyCredential, upstreamOf } from './upstream.ts';

test('NO_PROXY matches names and what is below, ports, addresses and networks', () => {
  const fits = noProxyRules('.corp.example, intranet  build.local:8080,10.0.0.0/8,192.168.1.7,[::1],*.wild.example');
  const cases: [string, number, boolean][] = [
    ['corp.example', 443, true],
    ['a.b.corp.example', 443, true],
    ['notcorp.example', 443, false],
    ['INTRANET', 80, true],
    ['x.intranet', 80, true],
    ['build.local', 8080, true],
    ['build.local', 443, false],
    ['10.20.30.40', 443, true],
    ['11.0.0.1', 443, false],
    ['192.168.1.7', 443, true],
    ['192.168.1.70', 443, false],
    ['::1', 443, true],
    ['x.wild.example', 443, true],
    ['corp.example.org', 443, false],
  ];
  for (const [host, port, expected] of cases) assert.equal(fits(host, port), expected, `${host}:${port}`);
  assert.equal(noProxyRules('*')('anything', 1), true);
  assert.equal(noProxyRules('')('anything', 1), false);
});

test('the user’s proxy is chosen by scheme; the gateway itself and loopback are never proxied', () => {
  const env = {
    HTTPS_PROXY: 'http://millrace:s@127.0.0.1:1',
    ALL_PROXY: 'proxy.example:3128',
    NO_PROXY: 'direct.example',
  };
  const upstream = upstreamOf(env, (url) => url.username === 'millrace');
  assert.equal(upstream.proxyFor('https', 'pypi.org', 443)?.href, 'http://proxy.example:3128/');
  assert.equal(upstream.proxyFor('https', 'x.direct.example', 443), undefined);
  assert.equal(upstream.proxyFor('http', '127.0.0.1', 8000), undefined);
  assert.equal(proxyCredential(new URL('http://u:p%40ss@h:1')), `Basic ${Buffer.from('u:p@ss').toString('base64')}`);
});

test('exceptions of the user’s that would lead Azure past the gateway are left out, others stay', () => {
  const bundles = { bundleFile: '/b', extraFile: '/e' };
  const noProxyOf = (NO_PROXY: string) => clientEnvironment('http://p', bundles, { NO_PROXY })['NO_PROXY'];
  assert.equal(
    noProxyOf('.azure.com,management.azure.com,com,corp.example,10.0.0.0/8'),
    '127.0.0.1,localhost,corp.example,10.0.0.0/8',
  );
  const all = clientEnvironment('http://p', bundles, { NO_PROXY: '*' });
  assert.deepEqual([all['NO_PROXY'], all['HTTP_PROXY'], all['HTTPS_PROXY']], ['127.0.0.1,localhost', '', 'http://p']);
});
