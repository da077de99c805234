import { AUTHORITY_SUFFIXES } from './hosts.ts';
import type { TrustBundles } from './trust-bundle.ts';
import { noProxyEntries } from './upstream.ts';

/**
 * The variables that make clients of every kind go through the gateway and trust it. Both spellings where clients differ (curl reads
 * `no_proxy` first, Python either, some tools only capitals).
 * @param proxyUrl the gateway with its credential
 * @param env the server's own environment, whose proxy exceptions stay in force
 */
export function clientEnvironment(
  proxyUrl: string,
  bundles: TrustBundles,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const own = noProxyEntries(env['no_proxy'] ?? env['NO_PROXY'] ?? '');
  const kept = own.filter((entry) => !coversAzure(entry));
  // No `::1`: the library that mounts data takes what follows a colon for a port, and gives up (seen). The gateway reaches it directly.
  const noProxy = [...new Set(['127.0.0.1', 'localhost', ...kept])].join(',');
  return {
    HTTPS_PROXY: proxyUrl,
    https_proxy: proxyUrl,
    NO_PROXY: noProxy,
    no_proxy: noProxy,
    // `*` said that nothing takes the user's proxy; it can't stay, so plain HTTP loses the proxy itself. The gateway sees the `*` too.
    ...(own.includes('*') ? { HTTP_PROXY: '', http_proxy: '', ALL_PROXY: '', all_proxy: '' } : {}),
    REQUESTS_CA_BUNDLE: bundles.bundleFile,
    SSL_CERT_FILE: bundles.bundleFile,
    CURL_CA_BUNDLE: bundles.bundleFile,
    PIP_CERT: bundles.bundleFile,
    GIT_SSL_CAINFO: bundles.bundleFile,
    NODE_EXTRA_CA_CERTS: bundles.extraFile,
    NODE_USE_ENV_PROXY: '1',
    // Without it git first asks without the credential and gives up at the refusal.
    GIT_HTTP_PROXY_AUTHMETHOD: 'basic',
    // What runs here is no business of Azure's telemetry, and az starts a process for it at every command.
    AZURE_CORE_COLLECT_TELEMETRY: 'false',
  };
}

/** Whether an exception of the user's would lead Azure's hosts past the gateway. The gateway itself goes by it for all other hosts. */
function coversAzure(entry: string): boolean {
  if (entry === '*') return true;
  const name = entry
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\*?\.+/, '');
  return AUTHORITY_SUFFIXES.some(
    (suffix) => suffix === name || suffix.endsWith(`.${name}`) || name.endsWith(`.${suffix}`),
  );
}
