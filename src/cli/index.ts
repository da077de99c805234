import { DomainError, messageOf } from '../kernel/errors.ts';
import { nearest } from '../kernel/nearest.ts';
import { parseArguments, UsageError } from './arguments.ts';
import { commands } from './commands/index.ts';
import { exitCode } from './exit-code.ts';
import type { CliIo } from './io.ts';

export type { CliHost, CliIo, ConnectOptions, ServerConnection, ServerDescription, TextSink, UpOptions } from './io.ts';

/**
 * Runs one command line.
 * @param argv the arguments after the program's name
 * @returns the exit code: 0 succeeded, 1 failed, 2 usage or invalid pipeline, 5 canceled, 130 interrupted
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    if (error instanceof UsageError) {
      const help = error.command ? `millrace help ${error.command}` : 'millrace help';
      io.stderr.write(`millrace: ${error.message}\nSee '${help}'.\n`);
      return exitCode.usage;
    }
    io.stderr.write(`millrace: ${messageOf(error)}\n`);
    // An error of ours is a defect: its stack is worth more than a tidy screen, but only when asked for.
    if (io.env['MILLRACE_DEBUG'] && error instanceof Error && !(error instanceof DomainError)) {
      io.stderr.write(`${error.stack}\n`);
    }
    return error instanceof DomainError && error.code === 'invalid' ? exitCode.usage : exitCode.failed;
  }
}

async function dispatch(argv: readonly string[], io: CliIo): Promise<number> {
  const [first, second] = argv;
  if (first === undefined || first === '--help' || first === '-h') return await call('help', [], io);
  if (first === '--version' || first === '-V') return await call('version', [], io);
  const group = commands.filter((command) => command.name.startsWith(`${first} `));
  if (group.length > 0) {
    const name = `${first} ${second}`;
    if (group.some((command) => command.name === name)) return await call(name, argv.slice(2), io);
    if (second === undefined || second === '--help' || second === '-h') return await call('help', [first], io);
    const words = group.map((command) => command.name.slice(first.length + 1));
    throw new UsageError(`unknown command '${name}': 'millrace ${first}' has ${words.join(', ')}`, first);
  }
  if (commands.some((command) => command.name === first)) return await call(first, argv.slice(1), io);
  const near = nearest(
    first,
    commands.map((command) => command.name),
  );
  throw new UsageError(`unknown command '${first}'${near ? `; did you mean '${near}'?` : ''}`);
}

async function call(name: string, rest: readonly string[], io: CliIo): Promise<number> {
  const entry = commands.find((command) => command.name === name);
  if (!entry) throw new UsageError(`unknown command '${name}'`);
  const definition = await entry.load();
  const options = rest.slice(0, rest.includes('--') ? rest.indexOf('--') : rest.length);
  if (!definition.raw && (options.includes('--help') || options.includes('-h'))) {
    const { commandHelp } = await import('./help-text.ts');
    io.stdout.write(commandHelp(definition));
    return exitCode.succeeded;
  }
  return await definition.run(parseArguments(definition, rest), io);
}
