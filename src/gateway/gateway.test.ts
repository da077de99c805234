import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect as connectTls, createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { fakeClock, systemClock } from '../kernel/clock.ts';
import { silentLog } from '../kernel/log.ts';
import { openAuthority } from './authority.ts';
import { hostCertificate } from './certificate.ts';
import { createGateway, type Gateway } from './index.ts';

let folder: string;
let gateway: Gateway;
let outside: TlsServer;
let outsideCertificate: string;

/** Stands in for the front: says what it got, and takes bodies of any size. */
const front = {
  claims: (host: string) => host === 'management.azure.com' || host === 'other.azure.com',
  handle(asked: IncomingMessage, answer: ServerResponse) {
    let size = 0;
    asked.on('data', (piece: Buffer) => {
      size += piece.length;
    });
    asked.on('end', () =>
      answer.end(
        JSON.stringify({ host: asked.headers.host, url: asked.url, size, caller: asked.headers['x-millrace-caller'] }),
      ),
    );
  },
};

const open = (environment: Record<string, string> = {}, directory = join(folder, 'gateway')) =>
  createGateway({ directory, front, environment, clock: systemClock, log: silentLog, port: 0 });

const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;

async function listening<T extends Server | TlsServer>(server: T): Promise<T> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-'));
  gateway = await open();
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const now = Date.now();
  outsideCertificate = hostCertificate(
    { name: 'outside', ...key },
    { host: 'localhost', publicKey: key.publicKey, validity: { from: new Date(now - 1000), to: new Date(now + 1e7) } },
  );
  outside = await listening(
    createTlsServer(
      { key: key.privateKey.export({ format: 'pem', type: 'pkcs8' }), cert: outsideCertificate },
      (socket) => socket.end('from outside'),
    ),
  );
});
after(async () => {
  await gateway.close();
  outside.close();
  await rm(folder, { recursive: true });
});

/** Asks a proxy for a tunnel; gives the status and the socket. */
function ask(proxyUrl: string, target: string, credential = true): Promise<{ status: number; socket: Socket }> {
  const proxy = new URL(proxyUrl);
  const login = Buffer.from(`${proxy.username}:${proxy.password}`).toString('base64');
  return new Promise((resolve, reject) => {
    request({
      host: '127.0.0.1',
      port: proxy.port,
      method: 'CONNECT',
      path: target,
      headers: credential ? { 'proxy-authorization': `Basic ${login}` } : {},
    })
      .on('connect', (answer, socket: Socket) => resolve({ status: answer.statusCode ?? 0, socket }))
      .on('error', reject)
      .end();
  });
}

async function overTls(host: string, send: string, trust?: string): Promise<{ text: string; peer: string }> {
  const { socket } = await ask(gateway.proxyUrl, `${host}:443`);
  const ca = trust ?? (await readFile(gateway.caFile, 'utf8'));
  return new Promise((resolve, reject) => {
    const secure = connectTls({ socket, servername: host, ca: [ca] }, () => secure.write(send));
    let text = '';
    const peer = () => secure.getPeerCertificate().subjectaltname ?? '';
    let name = '';
    secure.on('secureConnect', () => {
      name = peer();
    });
    secure.on('data', (piece) => {
      text += String(piece);
    });
    secure.on('end', () => resolve({ text, peer: name }));
    secure.on('error', reject);
  });
}

const get = (host: string, path: string) => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

test('a claimed host is answered by the front under a certificate of the local authority', async () => {
  const { text, peer } = await overTls('management.azure.com', get('management.azure.com', '/a?b=c'));
  assert.match(text, /^HTTP\/1\.1 200 /);
  assert.match(text, /\{"host":"management.azure.com","url":"\/a\?b=c","size":0\}/);
  assert.equal(peer, 'DNS:management.azure.com');
});

test('a request says for whom it comes by the user name of its proxy URL alone', async () => {
  const asker = async (proxyUrl: string) => {
    const { socket } = await ask(proxyUrl, 'management.azure.com:443');
    const secure = connectTls({
      socket,
      servername: 'management.azure.com',
      ca: [await readFile(gateway.caFile, 'utf8')],
    });
    secure.write(
      'GET / HTTP/1.1\r\nHost: management.azure.com\r\nX-Millrace-Caller: forged\r\nConnection: close\r\n\r\n',
    );
    let text = '';
    for await (const piece of secure) text += String(piece);
    return (JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)) as { caller?: string }).caller;
  };
  assert.equal(await asker(gateway.clientEnvironment('plan-1.job-2')['HTTPS_PROXY'] as string), 'plan-1.job-2');
  assert.equal(await asker(gateway.proxyUrl), undefined);
});

test('large bodies and Expect: 100-continue pass', async () => {
  const { socket } = await ask(gateway.proxyUrl, 'management.azure.com:443');
  const ca = await readFile(gateway.caFile, 'utf8');
  const size = 20 * 1024 * 1024;
  const secure = connectTls({ socket, servername: 'management.azure.com', ca: [ca] });
  const text = await new Promise<string>((resolve, reject) => {
    const call = request(
      {
        createConnection: () => secure,
        method: 'PUT',
        path: '/x',
        headers: { host: 'management.azure.com', expect: '100-continue', 'content-length': size },
      },
      (answer) => {
        let got = '';
        answer.on('data', (piece) => {
          got += String(piece);
        });
        answer.on('end', () => resolve(got));
      },
    );
    call.on('continue', () => call.end(Buffer.alloc(size)));
    call.on('error', reject);
    call.flushHeaders();
  });
  assert.equal(JSON.parse(text).size, size);
  secure.destroy();
});

test('a host that clients ask in passing gets 404 at once', async () => {
  for (const [host, path] of [
    ['azure.microsoft.com', '/update'],
    ['dc.services.visualstudio.com', '/v2/track'],
    ['azcliprod.blob.core.windows.net', '/cli'],
    ['aka.ms', '/azExtCmdTree'],
  ] as const)
    assert.match((await overTls(host, get(host, path))).text, /^HTTP\/1\.1 404 /);
});

test('other hosts are joined end to end, and their own certificate is what the client sees', async () => {
  const { status, socket } = await ask(gateway.proxyUrl, `localhost:${portOf(outside)}`);
  assert.equal(status, 200);
  const text = await new Promise<string>((resolve, reject) => {
    const secure = connectTls({ socket, servername: 'localhost', rejectUnauthorized: false });
    let got = '';
    secure.on('data', (piece) => {
      got += String(piece);
      assert.equal(secure.getPeerCertificate().issuer.CN, 'outside');
    });
    secure.on('end', () => resolve(got));
    secure.on('error', reject);
  });
  assert.equal(text, 'from outside');
  assert.equal((await ask(gateway.proxyUrl, '127.0.0.1:1')).status, 502);
});

test('without the credential nothing is answered', async () => {
  assert.equal((await ask(gateway.proxyUrl, 'management.azure.com:443', false)).status, 407);
  const wrong = gateway.proxyUrl.replace(/:[^:@]+@/, ':wrong@');
  assert.equal((await ask(wrong, 'management.azure.com:443')).status, 407);
});

test('plain HTTP: claimed hosts go to the front, others to the real one, without the proxy’s credential', async () => {
  const seen: IncomingMessage['headers'][] = [];
  const real = await listening(
    createServer((asked, answer) => {
      seen.push(asked.headers);
      answer.end(`real ${asked.method} ${asked.url}`);
    }),
  );
  const proxy = new URL(gateway.proxyUrl);
  const plain = (url: string) =>
    new Promise<string>((resolve, reject) => {
      const login = Buffer.from(`${proxy.username}:${proxy.password}`).toString('base64');
      request(
        {
          host: '127.0.0.1',
          port: proxy.port,
          path: url,
          agent: false,
          headers: { host: new URL(url).host, 'proxy-authorization': `Basic ${login}` },
        },
        (answer) => {
          let got = '';
          answer.on('data', (piece) => {
            got += String(piece);
          });
          answer.on('end', () => resolve(got));
        },
      )
        .on('error', reject)
        .end();
    });
  assert.equal(await plain(`http://127.0.0.1:${portOf(real)}/x?y=1`), 'real GET /x?y=1');
  assert.equal(seen[0]?.['proxy-authorization'], undefined);
  assert.match(await plain('http://management.azure.com/z'), /"host":"management.azure.com","url":"\/z"/);
  real.close();
});

test('the user’s own proxy stays in force for what is not ours, with its credential', async () => {
  const asked: { target: string; credential: string | undefined }[] = [];
  const corporate = createServer();
  corporate.on('connect', (connected: IncomingMessage, socket: Socket) => {
    asked.push({ target: connected.url ?? '', credential: connected.headers['proxy-authorization'] });
    const far = connect(portOf(outside), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(far).pipe(socket);
    });
    far.on('error', () => socket.destroy());
    socket.on('error', () => far.destroy());
  });
  await listening(corporate);
  const second = await open({ https_proxy: `http://me:pw@127.0.0.1:${portOf(corporate)}` }, join(folder, 'second'));
  const { status, socket } = await ask(second.proxyUrl, 'pypi.example:443');
  assert.equal(status, 200);
  socket.destroy();
  assert.deepEqual(asked, [
    { target: 'pypi.example:443', credential: `Basic ${Buffer.from('me:pw').toString('base64')}` },
  ]);
  const ours = await ask(second.proxyUrl, 'management.azure.com:443');
  assert.deepEqual([ours.status, asked.length], [200, 1]);
  ours.socket.destroy();
  await second.close();
  corporate.close();
});

test('port, secret and authority stay the same over a restart; keys and secrets are the user’s alone', async () => {
  const directory = join(folder, 'again');
  const first = await open({}, directory);
  const ca = await readFile(first.caFile, 'utf8');
  await first.close();
  const second = await open({}, directory);
  assert.equal(second.proxyUrl, first.proxyUrl);
  assert.equal(await readFile(second.caFile, 'utf8'), ca);
  await second.close();
  for (const name of ['authority.pem', 'gateway.json'])
    assert.equal((await stat(join(directory, name))).mode & 0o777, 0o600);
});

test('the bundle holds the system’s roots, the user’s own and ours, each once; Node’s holds only what Node lacks', async () => {
  const directory = join(folder, 'bundle');
  const own = join(folder, 'own.pem');
  await writeFile(own, outsideCertificate + outsideCertificate);
  const made = await open(
    { REQUESTS_CA_BUNDLE: own, SSL_CERT_FILE: own, CURL_CA_BUNDLE: join(directory, 'bundle.pem') },
    directory,
  );
  const count = (text: string) => text.split('BEGIN CERTIFICATE').length - 1;
  const bundle = await readFile(made.bundleFile, 'utf8');
  const line = (pem: string) => pem.split('\n')[2] as string;
  assert.equal(bundle.split(line(outsideCertificate)).length - 1, 1);
  assert.equal(bundle.split(line(await readFile(made.caFile, 'utf8'))).length - 1, 1);
  assert.ok(count(bundle) > 50);
  const variables = made.clientEnvironment();
  assert.equal(count(await readFile(variables['NODE_EXTRA_CA_CERTS'] as string, 'utf8')), 2);
  await made.close();
});

test('the authority is limited to Azure’s names, and is made anew before it ends', async () => {
  const directory = join(folder, 'gateway');
  const { socket } = await ask(gateway.proxyUrl, 'other.azure.com:443');
  socket.destroy();
  const later = await openAuthority(directory, fakeClock(Date.now() + 1000));
  assert.equal(later.certificate, await readFile(gateway.caFile, 'utf8'));
  const fresh = join(folder, 'old');
  await (await open({}, fresh)).close();
  const before = await readFile(join(fresh, 'ca.pem'), 'utf8');
  const renewed = await openAuthority(fresh, fakeClock(Date.now() + 4.9 * 365 * 24 * 3600 * 1000));
  assert.notEqual(renewed.certificate, before);
  // A certificate for a name outside of the constraint is not believed, though the authority signed it.
  const wrong = later.contextFor('example.org');
  const server = await listening(createTlsServer({ SNICallback: (_name, done) => done(null, wrong) }));
  const error = await new Promise<Error & { code?: string }>((resolve) => {
    connectTls({ port: portOf(server), host: '127.0.0.1', servername: 'example.org', ca: [later.certificate] })
      .on('error', resolve)
      .on('secureConnect', () => resolve(new Error('believed')));
  });
  assert.match(`${error.code} ${error.message}`, /permitted subtree|PERMITTED/i);
  server.close();
});

test('the trust bundles are written anew when what they come from changed, or they themselves did', async () => {
  const directory = join(folder, 'bundles');
  const users = join(folder, 'users.pem');
  await writeFile(users, outsideCertificate);
  const bundle = async () => {
    const one = await open({ SSL_CERT_FILE: users }, directory);
    await one.close();
    return { text: await readFile(one.bundleFile, 'utf8'), written: (await stat(one.bundleFile)).ino };
  };
  const body = outsideCertificate.split('\n')[1] as string;
  const first = await bundle();
  assert.ok(first.text.includes(body));
  assert.deepEqual(await bundle(), first, 'the same files again: nothing is written');
  await writeFile(join(directory, 'bundle.pem'), 'damaged');
  assert.equal((await bundle()).text, first.text);
  await writeFile(users, '');
  assert.ok(!(await bundle()).text.includes(body), 'what the user takes away is gone at the next start');
  await writeFile(users, outsideCertificate);
  assert.equal((await bundle()).text, first.text);
});
