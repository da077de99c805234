import type { IncomingMessage } from 'node:http';

/** User name of the proxy's URL. What follows a dot names whom a client calls for. */
const USER = 'millrace';

/** The user name for a caller, or for nobody in particular. */
export function proxyUser(caller?: string): string {
  return caller === undefined ? USER : `${USER}.${caller}`;
}

/** Whether a proxy URL's user name is one of ours. */
export function isProxyUser(name: string): boolean {
  return name === USER || name.startsWith(`${USER}.`);
}

export type ProxyCredential = { readonly password: string; readonly caller?: string };

/** What `Proxy-Authorization` carries; undefined when there is none that can be read. */
export function proxyCredential(request: IncomingMessage): ProxyCredential | undefined {
  const given = /^basic\s+(\S+)$/i.exec(request.headers['proxy-authorization'] ?? '')?.[1];
  if (given === undefined) return undefined;
  const text = Buffer.from(given, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const caller = /^millrace\.([\w.-]{1,200})$/.exec(text.slice(0, Math.max(0, colon)))?.[1];
  return { password: text.slice(colon + 1), ...(caller === undefined ? {} : { caller }) };
}
