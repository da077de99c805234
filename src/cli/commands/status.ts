import { flag } from '../arguments.ts';
import type { CommandDefinition } from '../command.ts';
import { exitCode } from '../exit-code.ts';

export const status: CommandDefinition = {
  name: 'status',
  summary: 'Say whether a server runs, and where',
  options: [{ name: 'json', summary: 'print JSON' }],
  examples: [{ line: 'millrace status', says: 'exit code 0 when a server runs, 1 when none does' }],
  async run(parsed, io) {
    const server = await io.host.describe();
    const data = io.host.dataDirectory;
    if (flag(parsed, 'json')) {
      io.stdout.write(
        `${JSON.stringify({ running: server !== undefined, dataDirectory: data, ...server }, null, 2)}\n`,
      );
    } else if (server) {
      const until = server.mode === 'run' ? ', until its last run ends' : '';
      io.stdout.write(`A server runs at ${server.url} (process ${server.pid}) on ${data}${until}.\n`);
    } else {
      io.stdout.write(`No server runs on ${data}. Start one: millrace up\n`);
    }
    return server ? exitCode.succeeded : exitCode.failed;
  },
};
