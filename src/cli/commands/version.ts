import type { CommandDefinition } from '../command.ts';
import { exitCode } from '../exit-code.ts';

export const version: CommandDefinition = {
  name: 'version',
  summary: 'Print the version',
  examples: [{ line: 'millrace version', says: 'one line on standard output' }],
  async run(_parsed, io) {
    io.stdout.write(`${io.host.version}\n`);
    return exitCode.succeeded;
  },
};
