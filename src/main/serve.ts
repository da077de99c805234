import type { ServerOptions } from './server.ts';
import { startServer } from './start-server.ts';

/** Serves until SIGTERM or SIGINT. @returns the exit code */
export async function serveUntilTold(options: ServerOptions): Promise<number> {
  const server = await startServer(options);
  process.stderr.write(
    `Millrace serves at ${server.url} (data in ${options.home}).\nPoint this machine's az and SDKs at it:  eval "$(millrace env)"\nStop it with Ctrl-C, or 'millrace down' from another terminal.\n`,
  );
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
  await server.close();
  return 0;
}
