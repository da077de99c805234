import { createServerClient, type ServerClient } from './client/server-client.ts';
import type { CliIo } from './io.ts';

/** Does something with the server: the one that runs, or one that lives until it is done. */
export async function withServer<T>(io: CliIo, use: (client: ServerClient) => Promise<T>): Promise<T> {
  const connection = await io.host.connect({ startIfAbsent: true });
  if (!connection) throw new Error('The server could not be started. See: millrace doctor');
  const client = createServerClient(connection);
  try {
    return await use(client);
  } finally {
    client.close();
    await connection.close();
  }
}
