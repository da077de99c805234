import { createServerClient, type ServerClient } from './client/server-client.ts';
import type { CliIo, ServerConnection } from './io.ts';

/** How long a close may take without a word. */
const SILENCE_MS = 1500;

/** Does something with the server: the one that runs, or one that lives until it is done; what `use` prints is printed before. */
export async function withServer<T>(io: CliIo, use: (client: ServerClient) => Promise<T>): Promise<T> {
  const connection = await io.host.connect({ startIfAbsent: true });
  if (!connection) throw new Error('The server could not be started. See: millrace doctor');
  const client = createServerClient(connection);
  try {
    return await use(client);
  } finally {
    client.close();
    await closeConnection(io, connection);
  }
}

/** Ends the use of the server; says why it takes long when this process carries the server and a run is still under way on it. */
export async function closeConnection(io: CliIo, connection: ServerConnection): Promise<void> {
  const timer = setTimeout(
    () =>
      io.stderr.write(
        'Other runs are still under way in this process; waiting for them. Ctrl-C leaves them to the next start.\n',
      ),
    SILENCE_MS,
  );
  try {
    await connection.close();
  } finally {
    clearTimeout(timer);
  }
}
