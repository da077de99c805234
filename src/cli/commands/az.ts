import type { CommandDefinition } from '../command.ts';

export const az: CommandDefinition = {
  name: 'az',
  summary: 'Run an az command against the server',
  description: 'The embedded az takes the arguments of the real one; az --help lists what it knows.',
  raw: true,
  examples: [
    { line: 'millrace az ml job list -g taxi-rg -w taxi-ws -o table', says: 'the jobs of a workspace' },
    { line: 'millrace az --help', says: 'the commands that it knows' },
  ],
  async run(parsed, io) {
    return await io.host.az(parsed.raw, io);
  },
};
