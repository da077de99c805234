import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/** One thing that was looked at. `next` says what to do about it. */
export type Finding = {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'problem';
  readonly found: string;
  readonly next?: string;
};

export type Machine = {
  readonly env: Env;
  readonly dataDirectory: string;
  readonly nodeVersion: string;
  serverRuns(): Promise<boolean>;
};

const COMMAND_TIMEOUT_MS = 15_000;
/** An environment with scikit-learn takes about half a GiB; a few of them have to fit. */
const ENOUGH_BYTES = 2 * 1024 ** 3;

/** Looks at the machine; changes nothing. The findings come in a fixed order. */
export async function checkMachine(machine: Machine): Promise<Finding[]> {
  return await Promise.all([
    checkNode(machine.nodeVersion),
    checkGit(machine.env),
    checkPython(machine.env),
    checkUv(machine.env),
    checkAz(machine.env),
    checkPort(),
    checkDataDirectory(machine),
    checkDisk(machine.dataDirectory),
    checkProxies(machine.env),
  ]);
}

async function checkNode(version: string): Promise<Finding> {
  const ok = Number(version.split('.')[0]) >= 24;
  return ok
    ? { name: 'Node', state: 'ok', found: version }
    : { name: 'Node', state: 'problem', found: `${version}, too old`, next: 'Install Node 24 or newer.' };
}

async function checkGit(env: Env): Promise<Finding> {
  const version = await firstLine('git', ['--version'], env);
  return version
    ? { name: 'git', state: 'ok', found: version.replace(/^git version /, '') }
    : { name: 'git', state: 'problem', found: 'not on PATH', next: 'Install git: a checkout is a git work tree.' };
}

async function checkPython(env: Env): Promise<Finding> {
  const paths = pythonInterpreters(env);
  const found = await Promise.all(
    paths.map(async (path) => {
      const version = /^Python (\d+\.\d+\.\d+)/.exec((await firstLine(path, ['--version'], env)) ?? '')?.[1];
      return version ? { path, version } : undefined;
    }),
  );
  const byVersion = new Map<string, string>();
  for (const one of found)
    if (one && isAtLeast310(one.version) && !byVersion.has(one.version)) byVersion.set(one.version, one.path);
  const list = [...byVersion].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  if (list.length === 0) {
    const next =
      'Install Python 3.10 or newer (the system package python3 and python3-venv, or uv python install 3.11).';
    return { name: 'Python', state: 'problem', found: 'none from 3.10 on', next };
  }
  const text = list.map(([version, path]) => `${version} (${path})`).join(', ');
  const fits = list.some(([version]) => /^3\.(10|11)\./.test(version));
  if (fits) return { name: 'Python', state: 'ok', found: text };
  const next =
    'The curated environment sklearn-1.5 wants 3.10 or 3.11; with uv on PATH it is fetched, else newer packages are taken.';
  return { name: 'Python', state: 'warning', found: text, next };
}

function isAtLeast310(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 3 || (major === 3 && minor >= 10);
}

/** Interpreters named `python3` or `python3.N` on PATH, and those that pyenv keeps. */
function pythonInterpreters(env: Env): string[] {
  const found: string[] = [];
  for (const folder of pathFolders(env)) {
    for (const name of namesIn(folder)) if (/^python3(\.\d+)?$/.test(name)) found.push(join(folder, name));
  }
  const pyenv = env['PYENV_ROOT'] || (env['HOME'] ? join(env['HOME'], '.pyenv') : undefined);
  if (pyenv)
    for (const name of namesIn(join(pyenv, 'versions'))) found.push(join(pyenv, 'versions', name, 'bin', 'python3'));
  return found.filter(isExecutable);
}

async function checkUv(env: Env): Promise<Finding> {
  const version = await firstLine('uv', ['--version'], env);
  if (version) return { name: 'uv', state: 'ok', found: version.replace(/^uv /, '') };
  const next =
    'Not needed; with it, environments build several times faster and missing Pythons are fetched: pip install uv';
  return { name: 'uv', state: 'warning', found: 'not on PATH', next };
}

async function checkAz(env: Env): Promise<Finding> {
  // Asking the real az for its version takes seconds: that it is there is enough.
  const path = pathFolders(env)
    .map((folder) => join(folder, 'az'))
    .find(isExecutable);
  if (path) return { name: 'az', state: 'ok', found: path };
  return {
    name: 'az',
    state: 'ok',
    found: 'not on PATH; the embedded one serves steps',
    next: 'Needed only for --az real: pip install azure-cli',
  };
}

async function checkPort(): Promise<Finding> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.on('error', (error) =>
      resolve({
        name: 'Port',
        state: 'problem',
        found: `no port of 127.0.0.1 can be opened: ${error.message}`,
        next: 'Check the loopback interface and the limits of this container.',
      }),
    );
    server.listen(0, '127.0.0.1', () =>
      server.close(() => resolve({ name: 'Port', state: 'ok', found: '127.0.0.1 can be served on' })),
    );
  });
}

async function checkDataDirectory(machine: Machine): Promise<Finding> {
  const folder = machine.dataDirectory;
  const nearest = nearestFolder(folder);
  try {
    accessSync(nearest, constants.W_OK);
  } catch {
    const next = `Make ${nearest} writable, or set MILLRACE_HOME to another folder.`;
    return { name: 'Data directory', state: 'problem', found: `${folder} cannot be written`, next };
  }
  const server = (await machine.serverRuns()) ? ', held by a running server' : '';
  return {
    name: 'Data directory',
    state: 'ok',
    found: `${folder}${existsSync(folder) ? server : ' (made at first start)'}`,
  };
}

async function checkDisk(folder: string): Promise<Finding> {
  const space = await statfs(nearestFolder(folder));
  const free = space.bavail * space.bsize;
  const found = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  if (free >= ENOUGH_BYTES) return { name: 'Disk', state: 'ok', found };
  const next = `Python environments need room: free some, or set MILLRACE_HOME to a larger disk.`;
  return { name: 'Disk', state: 'warning', found, next };
}

async function checkProxies(env: Env): Promise<Finding> {
  const named = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'].filter(
    (name) => env[name],
  );
  if (named.length === 0) return { name: 'Proxy', state: 'ok', found: 'none' };
  // A proxy's address may hold a password: only names and hosts are said.
  const text = named.map((name) => `${name}=${hostOf(env[name] ?? '')}`).join(', ');
  const broken = named.find((name) => hostOf(env[name] ?? '') === '(not an address)');
  if (broken)
    return { name: 'Proxy', state: 'problem', found: text, next: `Set ${broken} to an address as http://host:port.` };
  return { name: 'Proxy', state: 'ok', found: `${text}; exceptions: ${env['NO_PROXY'] || env['no_proxy'] || 'none'}` };
}

function hostOf(address: string): string {
  try {
    return new URL(address.includes('://') ? address : `http://${address}`).host || '(not an address)';
  } catch {
    return '(not an address)';
  }
}

function nearestFolder(folder: string): string {
  let at = folder;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}

function pathFolders(env: Env): string[] {
  return [...new Set((env['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/')))];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The first line that a program prints, or undefined when it isn't there, fails or takes too long. */
async function firstLine(file: string, args: readonly string[], env: Env): Promise<string | undefined> {
  return await new Promise((resolve) => {
    execFile(file, [...args], { env: { ...env }, timeout: COMMAND_TIMEOUT_MS }, (error, stdout, stderr) =>
      resolve(error ? undefined : (stdout || stderr).split('\n')[0]),
    );
  });
}
