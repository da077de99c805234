import type { CommandDefinition } from '../command.ts';
import { exitCode } from '../exit-code.ts';

export const down: CommandDefinition = {
  name: 'down',
  summary: 'Stop the server',
  description:
    'What runs is not lost: steps and jobs that are under way go on by themselves, and the next start finds them.',
  examples: [{ line: 'millrace down', says: 'stops the server of this data directory' }],
  async run(_parsed, io) {
    const stopped = await io.host.down();
    io.stderr.write(stopped ? 'Stopped.\n' : `No server runs on ${io.host.dataDirectory}.\n`);
    return exitCode.succeeded;
  },
};
