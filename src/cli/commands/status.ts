import { flag } from '../arguments.ts';
import type { CommandDefinition } from '../command.ts';
import { exitCode } from '../exit-code.ts';

export const status: CommandDefinition = {
  name: 'status',
  summary: 'Say whether a server runs, and where',
  options: [
    { name: 'json', summary: 'print JSON, without credentials' },
    {
      name: 'token',
      summary: "print the owner's token alone, for a script that calls the server: it may do all that you may",
    },
  ],
  examples: [
    { line: 'millrace status', says: 'exit code 0 when a server runs, 1 when none does' },
    { line: 'curl -u ":$(millrace status --token)" URL', says: 'a request as the owner' },
  ],
  async run(parsed, io) {
    const server = await io.host.describe();
    const data = io.host.dataDirectory;
    if (flag(parsed, 'token')) {
      if (server) io.stdout.write(`${server.token}\n`);
      else io.stderr.write(`No server runs on ${data}. Start one: millrace up\n`);
    } else if (flag(parsed, 'json')) {
      // Chosen one by one: what is printed by the way ends in logs and issues, so no credential is among it.
      const { url, pid, version, mode } = server ?? {};
      const shown = { running: server !== undefined, dataDirectory: data, url, pid, version, mode };
      io.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
    } else if (server) {
      const until = server.mode === 'run' ? ', until its last run ends' : '';
      io.stdout.write(`A server runs at ${server.url} (process ${server.pid}) on ${data}${until}.\n`);
    } else {
      io.stdout.write(`No server runs on ${data}. Start one: millrace up\n`);
    }
    return server ? exitCode.succeeded : exitCode.failed;
  },
};
