import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { unavailable } from '../kernel/errors.ts';
import { proxyCredential, type Upstream } from './upstream.ts';

const CONNECT_TIMEOUT_MS = 30_000;
/** An upstream proxy's answer to CONNECT is a few lines. */
const ANSWER_LIMIT = 16 * 1024;

/**
 * Opens a connection to a host of the outside: straight, or by the user's own proxy.
 * @returns a socket that carries the client's bytes end to end
 * @throws unavailable that says which leg failed
 */
export async function openTunnel(upstream: Upstream, host: string, port: number): Promise<Socket> {
  const proxy = upstream.proxyFor('https', host, port);
  if (!proxy) return connected(connect({ host, port, allowHalfOpen: true }), `${host}:${port}`, 'connect');
  const socket = await connectToProxy(proxy);
  return askForTunnel(socket, proxy, host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
}

/** Connects to an upstream proxy itself. @throws unavailable for a kind of proxy that isn't supported */
export async function connectToProxy(proxy: URL): Promise<Socket> {
  const host = proxy.hostname.replace(/^\[|\]$/g, '');
  const name = `the proxy ${proxy.host}`;
  switch (proxy.protocol) {
    case 'http:':
      return connected(connect({ host, port: Number(proxy.port || 80) }), name, 'connect');
    case 'https:':
      return connected(
        connectTls({ host, port: Number(proxy.port || 443), servername: host, ALPNProtocols: ['http/1.1'] }),
        name,
        'secureConnect',
      );
    default:
      throw unavailable(
        `The proxy ${proxy.protocol}//${proxy.host} of your environment is not an HTTP proxy; only http:// and https:// proxies are supported.`,
      );
  }
}

function connected(socket: Socket, name: string, event: 'connect' | 'secureConnect'): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => socket.destroy(new Error(`no answer within ${CONNECT_TIMEOUT_MS / 1000} s`)),
      CONNECT_TIMEOUT_MS,
    );
    const failed = (cause: Error) => {
      clearTimeout(timer);
      reject(unavailable(`${name} could not be reached: ${cause.message}.`, { cause }));
    };
    socket.once('error', failed);
    socket.once(event, () => {
      clearTimeout(timer);
      socket.off('error', failed);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}

function askForTunnel(socket: Socket, proxy: URL, target: string): Promise<Socket> {
  const credential = proxyCredential(proxy);
  socket.write(
    `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${credential ? `Proxy-Authorization: ${credential}\r\n` : ''}\r\n`,
  );
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const stop = () => {
      clearTimeout(timer);
      socket.off('data', onData).off('error', onError).off('close', onClose);
    };
    const fail = (text: string) => {
      stop();
      socket.on('error', () => {}).destroy();
      reject(unavailable(`The proxy ${proxy.host} did not open a tunnel to ${target}: ${text}.`));
    };
    const timer = setTimeout(() => fail(`no answer within ${CONNECT_TIMEOUT_MS / 1000} s`), CONNECT_TIMEOUT_MS);
    const onError = (error: Error) => fail(error.message);
    const onClose = () => fail('it closed the connection');
    const onData = (piece: Buffer) => {
      received = Buffer.concat([received, piece]);
      const end = received.indexOf('\r\n\r\n');
      if (end < 0) {
        if (received.length > ANSWER_LIMIT) fail('its answer is not HTTP');
        return;
      }
      const line = received.subarray(0, received.indexOf('\r\n')).toString('latin1');
      if (!/^HTTP\/1\.[01] 2\d\d/.test(line)) return fail(`it answered '${line.slice(0, 100)}'`);
      stop();
      socket.pause();
      const rest = received.subarray(end + 4);
      if (rest.length > 0) socket.unshift(rest);
      resolve(socket);
    };
    socket.on('data', onData).on('error', onError).on('close', onClose);
  });
}

/** Joins two sockets until both have ended; a broken one ends the other, a finished one lets the other flush first. */
export function join(a: Socket, b: Socket): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.on('error', () => to.destroy());
    from.on('close', () => {
      if (!from.readableEnded || to.writableFinished) to.destroy();
      else to.once('finish', () => to.destroy());
    });
    from.pipe(to);
  }
}
