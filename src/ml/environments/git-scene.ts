import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A repository that a web server on loopback hands out by git's own program; with a password where one is given. */
export async function openRepository(t: TestContext, password?: string) {
  const root = mkdtempSync(join(tmpdir(), 'git-source-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const work = join(root, 'work');
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b', '-c', 'protocol.file.allow=always', ...words], {
      cwd: work,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  mkdirSync(join(work, 'docker/files'), { recursive: true });
  writeFileSync(join(work, 'docker/Dockerfile'), 'FROM one\n');
  writeFileSync(join(work, 'docker/files/start.sh'), 'echo\n');
  chmodSync(join(work, 'docker/files/start.sh'), 0o755);
  writeFileSync(join(work, 'large.bin'), 'x'.repeat(300_000));
  git('init', '--quiet', '--initial-branch=main');
  const commit = (text: string) => {
    git('add', '--all');
    git('commit', '--quiet', '--message', text);
    return git('rev-parse', 'HEAD');
  };
  const first = commit('one');
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.authorization);
    const wanted = password && `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;
    if (wanted && request.headers.authorization !== wanted) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return;
    }
    void handOut(work, request).then((answer) => {
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { root, work, git, commit, first, asked, host, close };
}

async function handOut(work: string, request: IncomingMessage) {
  const [path = '', query = ''] = (request.url as string).split('?');
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: join(work, '.git'),
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: path.replace('/repo.git', ''),
      QUERY_STRING: query,
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: String(request.headers['content-encoding'] ?? ''),
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_ADDR: '127.0.0.1',
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => {});
  const pieces: Buffer[] = [];
  for await (const piece of child.stdout) pieces.push(piece as Buffer);
  const all = Buffer.concat(pieces);
  const end = all.indexOf('\r\n\r\n');
  const headers = Object.fromEntries(
    all
      .subarray(0, end)
      .toString('latin1')
      .split('\r\n')
      .map((line) => line.split(': ') as [string, string]),
  );
  return { status: Number(headers['Status']?.slice(0, 3) ?? 200), headers, body: all.subarray(end + 4) };
}
