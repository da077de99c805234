import { BlockList, isIP } from 'node:net';

/** Which way a connection to the outside takes: by another proxy, or straight. */
export type Upstream = { proxyFor(scheme: 'http' | 'https', host: string, port: number): URL | undefined };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the user's own proxy settings, in the names and the precedence that curl gives them: lower case first, the scheme's own variable
 * before ALL_PROXY. `HTTP_PROXY` in capitals counts too, since this is no CGI program.
 * @param isOwn recognises the gateway's own address, which must not become its own upstream
 */
export function upstreamOf(env: Environment, isOwn: (proxy: URL) => boolean): Upstream {
  const read = (...names: string[]) => {
    for (const name of names) {
      const text = env[name]?.trim();
      if (!text) continue;
      const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
      if (!URL.canParse(full)) continue;
      const url = new URL(full);
      if (!isOwn(url)) return url;
    }
    return undefined;
  };
  const byScheme = {
    https: read('https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'),
    http: read('http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'),
  };
  const exceptions = noProxyRules(env['no_proxy'] ?? env['NO_PROXY'] ?? '');
  return {
    proxyFor: (scheme, host, port) => (isLoopback(host) || exceptions(host, port) ? undefined : byScheme[scheme]),
  };
}

export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

/** The entries of a NO_PROXY text, trimmed, none empty. */
export function noProxyEntries(text: string): string[] {
  return text
    .split(/[\s,]+/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/**
 * Reads NO_PROXY: names match themselves and what is below them, with or without a leading dot or `*.`; a port narrows; addresses match
 * themselves or, with a prefix length, their network; `*` matches all.
 */
export function noProxyRules(text: string): (host: string, port: number) => boolean {
  const rules = noProxyEntries(text).map(ruleOf);
  return (host, port) => {
    const bare = host
      .replace(/^\[|\]$/g, '')
      .toLowerCase()
      .replace(/\.$/, '');
    return rules.some((rule) => rule(bare, port));
  };
}

function ruleOf(entry: string): (host: string, port: number) => boolean {
  if (entry === '*') return () => true;
  const network = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(entry);
  if (network && isIP(network[1] as string) !== 0) return networkRule(network[1] as string, Number(network[2]));
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(entry);
  const ported = /^([^:]+):(\d+)$/.exec(entry);
  const name = (bracketed?.[1] ?? ported?.[1] ?? entry).toLowerCase().replace(/^\*?\.+/, '');
  const onlyPort = bracketed?.[2] ?? ported?.[2];
  return (host, port) =>
    (onlyPort === undefined || Number(onlyPort) === port) &&
    (host === name || (isIP(host) === 0 && host.endsWith(`.${name}`)));
}

function networkRule(address: string, prefix: number): (host: string) => boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  try {
    list.addSubnet(address, prefix, family);
  } catch {
    return () => false;
  }
  return (host) => isIP(host) === (family === 'ipv6' ? 6 : 4) && list.check(host, family);
}

/** The `Proxy-Authorization` value of a proxy URL that carries a user and a password. */
export function proxyCredential(proxy: URL): string | undefined {
  if (proxy.username === '' && proxy.password === '') return undefined;
  const text = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return `Basic ${Buffer.from(text, 'utf8').toString('base64')}`;
}
