import { UsageError, value } from '../arguments.ts';
import type { CommandDefinition } from '../command.ts';

export const up: CommandDefinition = {
  name: 'up',
  summary: 'Start the server and serve until stopped',
  description:
    'The server answers on the loopback address only. One server holds a data directory (MILLRACE_HOME, else ~/.millrace);\nits address and token lie there in a file that only you can read.',
  options: [
    { name: 'port', value: 'PORT', summary: 'port to listen on; by default a free one, kept from start to start' },
  ],
  examples: [
    { line: 'millrace up', says: 'serves until Ctrl-C or millrace down' },
    { line: 'millrace up --port 8080', says: 'on a port of your choice' },
  ],
  async run(parsed, io) {
    const written = value(parsed, 'port');
    const port = written === undefined ? undefined : Number(written);
    if (port !== undefined && (!Number.isInteger(port) || port < 1 || port > 65535)) {
      throw new UsageError(`--port must be a number from 1 to 65535, not '${written}'`, 'up');
    }
    return await io.host.up(port === undefined ? {} : { port });
  },
};
