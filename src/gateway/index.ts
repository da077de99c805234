// The gateway: the proxy that answers for Azure's host names, its certificates, and the variables that lead clients to it.
import { chmod, mkdir, readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Front } from '../http/index.ts';
import type { Clock } from '../kernel/clock.ts';
import { newSecret } from '../kernel/ids.ts';
import type { Log } from '../kernel/log.ts';
import { replaceFile } from '../kernel/replace-file.ts';
import { openAuthority } from './authority.ts';
import { clientEnvironment } from './client-environment.ts';
import { createProxy } from './proxy.ts';
import { isProxyUser, proxyUser } from './proxy-user.ts';
import { writeTrustBundles } from './trust-bundle.ts';
import { isLoopback, upstreamOf } from './upstream.ts';

export {
  CLOUD_METADATA_PATH,
  cloudMetadataHosts,
  cloudMetadataPrefixes,
  createCloudMetadata,
} from './cloud-metadata.ts';
export { EXTENSION_INDEX_PATH } from './extension-index.ts';

export type GatewayDeps = {
  /** A folder of the gateway's own in the data directory. */
  readonly directory: string;
  readonly front: Pick<Front, 'handle' | 'claims'>;
  /** The server's environment: the user's own proxy, its exceptions, their certificate bundles. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
  /** 0: the port of last time, so that what outlives a restart still finds the gateway; else any free one. */
  readonly port: number;
};

export type Gateway = {
  readonly port: number;
  /** With the credential: `http://millrace:SECRET@127.0.0.1:PORT`. */
  readonly proxyUrl: string;
  /** The local authority's certificate. */
  readonly caFile: string;
  /** System roots, the user's own, and the local authority. */
  readonly bundleFile: string;
  /**
   * What a process needs in its environment to be answered here.
   * @param caller letters, digits, dots and hyphens: what the process's requests are to say of whom they come from
   */
  clientEnvironment(caller?: string): Record<string, string>;
  close(): Promise<void>;
};

/**
 * Opens the gateway: makes its authority at first start, rebuilds the trust bundles, listens on loopback.
 * @throws Error EADDRINUSE when a port was asked for and is taken
 */
export async function createGateway(deps: GatewayDeps): Promise<Gateway> {
  await mkdir(deps.directory, { recursive: true, mode: 0o700 });
  await chmod(deps.directory, 0o700);
  const authority = await openAuthority(deps.directory, deps.clock);
  const bundles = await writeTrustBundles(deps.directory, deps.environment, authority.certificate);
  const stateFile = join(deps.directory, 'gateway.json');
  const state = (await readState(stateFile)) ?? { secret: newSecret(), port: 0 };
  const upstream = upstreamOf(deps.environment, (url) => isProxyUser(url.username) && isLoopback(url.hostname));
  const proxy = createProxy({
    front: deps.front,
    authority,
    upstream,
    log: deps.log,
    secret: state.secret,
  });
  const port = await listen(proxy.server, deps.port === 0 ? [state.port, 0] : [deps.port]);
  await replaceFile(stateFile, `${JSON.stringify({ ...state, port })}\n`, 0o600);
  const urlOf = (caller?: string) => `http://${proxyUser(caller)}:${state.secret}@127.0.0.1:${port}`;
  return {
    port,
    proxyUrl: urlOf(),
    caFile: authority.certificateFile,
    bundleFile: bundles.bundleFile,
    clientEnvironment: (caller) => clientEnvironment(urlOf(caller), bundles, deps.environment),
    close: proxy.close,
  };
}

type State = { readonly secret: string; readonly port: number };

async function readState(file: string): Promise<State | undefined> {
  try {
    const found = JSON.parse(await readFile(file, 'utf8')) as Partial<State>;
    return typeof found.secret === 'string' && found.secret.length >= 32 && typeof found.port === 'number'
      ? { secret: found.secret, port: found.port }
      : undefined;
  } catch {
    return undefined;
  }
}

async function listen(server: ReturnType<typeof createProxy>['server'], ports: readonly number[]): Promise<number> {
  for (const [index, port] of ports.entries()) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', () => {
          server.off('error', reject);
          resolve();
        });
      });
      return (server.address() as AddressInfo).port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || index === ports.length - 1) throw error;
    }
  }
  throw new Error('no port to listen on');
}
