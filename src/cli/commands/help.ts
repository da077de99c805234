import { UsageError } from '../arguments.ts';
import type { CommandDefinition, CommandEntry } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { commandHelp, overview } from '../help-text.ts';

/** The help command over a registry; handed in, since the registry names this command too. */
export const helpFor = (commands: readonly CommandEntry[]): CommandDefinition => ({
  name: 'help',
  summary: 'Show help for a command',
  positionals: [
    { name: 'COMMAND', summary: 'the command, as run', required: false },
    { name: 'SUBCOMMAND', summary: 'its second word, as list in runs list', required: false },
  ],
  examples: [
    { line: 'millrace help run', says: 'the options of run' },
    { line: 'millrace help runs', says: 'the commands about runs' },
  ],
  async run(parsed, io) {
    const name = parsed.positionals.join(' ');
    const matching = commands.filter((command) => command.name === name || command.name.startsWith(`${name} `));
    if (name === '') {
      io.stdout.write(overview(io.host.version, commands));
    } else if (matching.length === 1 && matching[0]) {
      io.stdout.write(commandHelp(await matching[0].load()));
    } else if (matching.length > 1) {
      for (const command of matching) io.stdout.write(`millrace ${command.name}: ${command.summary}\n`);
      io.stdout.write(`'millrace help ${name} COMMAND' tells more.\n`);
    } else {
      throw new UsageError(`there is no command '${name}'`);
    }
    return exitCode.succeeded;
  },
});
