import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CliHost, ServerConnection } from '../cli/index.ts';
import { DomainError, unavailable } from '../kernel/errors.ts';
import { lockHome, readServerFile, type ServerFile, serverFilePath } from './home.ts';
import { homeFolder } from './home-folder.ts';
import type { Installation } from './installation.ts';

/** How long another process may take from holding the data directory's lock to answering requests. Milliseconds. */
const START_TIME = 15_000;

/** What the command line asks of the program around it. */
export function createCliHost(installation: Installation, env: NodeJS.ProcessEnv): CliHost {
  const home = homeFolder(env);
  const sample = join(installation.samplesFolder, 'nyc-taxi');
  return {
    version: installation.version,
    dataDirectory: home,
    sampleDirectory: existsSync(sample) ? sample : undefined,
    async tasks() {
      const { readTaskCatalog } = await import('./task-catalog.ts');
      const { withServerTasks } = await import('./server.ts');
      return withServerTasks(readTaskCatalog(installation));
    },
    async connect(options) {
      const running = await liveServer(home);
      if (running) return guest(running);
      if (!options.startIfAbsent) return undefined;
      try {
        const { startServer } = await import('./start-server.ts');
        const server = await startServer({
          installation,
          home,
          env,
          port: undefined,
          mode: 'run',
          notice: options.notice ?? sayOnTerminal,
        });
        return {
          url: server.url,
          token: server.token,
          hosted: true,
          async close(end) {
            if (!end?.atOnce) await server.untilIdle();
            await server.close();
          },
        };
      } catch (error) {
        // Another process took the lock between our look and our start: use its server.
        if (!(error instanceof DomainError && error.code === 'conflict')) throw error;
        const other = await awaitServer(home);
        if (!other) throw error;
        return guest(other);
      }
    },
    describe: () => liveServer(home),
    async up(options) {
      const { serveUntilTold } = await import('./serve.ts');
      return serveUntilTold({ installation, home, env, port: options.port, mode: 'up', notice: sayOnTerminal });
    },
    async down() {
      const running = await liveServer(home);
      if (!running) return false;
      process.kill(running.pid, 'SIGTERM');
      for (let waited = 0; isAlive(running.pid); waited += 50) {
        if (waited > 30_000)
          throw unavailable(
            `The server (process ${running.pid}) has not ended within 30 s. Its log is ${join(home, 'server.log')}.`,
          );
        await sleep(50);
      }
      return true;
    },
    async environment() {
      const running = await liveServer(home);
      if (!running)
        throw unavailable("No Millrace server is running. Start one with 'millrace up' in another terminal.");
      return (await call(running, '_millrace/environment')) as Record<string, string>;
    },
    async az(argv, io) {
      const { runAz, signedIn } = await import('../cli/az/index.ts');
      const running = await liveServer(home);
      const ours = running ? ((await call(running, '_millrace/environment')) as Record<string, string>) : {};
      // Without a configuration folder of the user's choice, ours: a real login is never read or overwritten.
      const folder = join(home, 'azure');
      const given = { MILLRACE_SERVER_FILE: serverFilePath(home), AZURE_CONFIG_DIR: folder, ...ours, ...env };
      const streams = { stdout: process.stdout, stderr: process.stderr, cwd: io.cwd, env: given };
      const signsIn = ['login', 'logout', 'version', '--version'].includes(argv[0] ?? '--version');
      const clears = argv[0] === 'account' && argv[1] === 'clear';
      if (!running || signsIn || clears) return runAz(argv, streams);
      // A damaged state is the command's to tell.
      const who = (configuration: string) =>
        signedIn({ ...given, AZURE_CONFIG_DIR: configuration }).catch(() => 'here');
      // The login of another az is left alone: then ours is in our folder.
      const configuration = (await who(given.AZURE_CONFIG_DIR)) === 'elsewhere' ? folder : given.AZURE_CONFIG_DIR;
      const own = { ...streams, configuration };
      if ((await who(configuration)) === 'nobody') await runAz(['login', '--identity', '--output', 'none'], own);
      return runAz(argv, own);
    },
  };
}

function sayOnTerminal(line: string): void {
  process.stderr.write(`${line}\n`);
}

function guest(server: ServerFile): ServerConnection {
  return { url: server.url, token: server.token, hosted: false, async close() {} };
}

/** The server of the data directory, if its process lives and it answers with the token that it wrote down. */
async function liveServer(home: string): Promise<ServerFile | undefined> {
  const file = await readServerFile(home);
  if (!file || !isAlive(file.pid)) return undefined;
  try {
    await call(file, '_millrace/health');
    return file;
  } catch {
    return undefined;
  }
}

async function awaitServer(home: string): Promise<ServerFile | undefined> {
  for (let waited = 0; waited < START_TIME; waited += 50) {
    const file = await liveServer(home);
    if (file) return file;
    // The holder may also have ended: then its lock is free, and the caller's next try starts a server.
    try {
      lockHome(home).release();
      return undefined;
    } catch {
      await sleep(50);
    }
  }
  return undefined;
}

async function call(server: ServerFile, path: string): Promise<unknown> {
  const answer = await fetch(`${server.url}/${path}`, {
    headers: { authorization: `Bearer ${server.token}` },
    signal: AbortSignal.timeout(5000),
  });
  if (!answer.ok) throw unavailable(`The server at ${server.url} answered ${answer.status} to /${path}.`);
  return answer.json();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
