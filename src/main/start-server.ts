import { availableParallelism } from 'node:os';
import { createAgentPool } from './agent-pool.ts';
import { homeFault, isHomeFault, lockHome, makeHome } from './home.ts';
import type { RunningServer, ServerOptions } from './server.ts';

/**
 * Takes the data directory and starts its server. The first agent's process starts beside it, before most of the server is even
 * loaded: on a cold start each takes as long as the other.
 * @throws conflict when another server holds the directory, unavailable when the port is taken; as {@link makeHome}
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { installation, home, env } = options;
  makeHome(home);
  const lock = lockHome(home);
  const pool = createAgentPool({
    installation,
    home,
    env,
    keepWarm: options.mode === 'up',
    limit: Number(env['MILLRACE_AGENTS']) || Math.max(4, availableParallelism()),
  });
  try {
    pool.prepare();
    const { openServer } = await import('./server.ts');
    return await openServer(options, lock, pool);
  } catch (error) {
    pool.stop();
    lock.release();
    throw isHomeFault(error) ? homeFault(home, error) : error;
  }
}
