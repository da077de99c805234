import { editDistance } from '../../kernel/edit-distance.ts';
import { OUTPUT_FORMATS, parseArguments } from './arguments.ts';
import type { Args, AzIo, Command, Context, Registry } from './command.ts';
import { openConfig } from './config.ts';
import { AzError, usageError } from './errors.ts';
import { groups } from './groups.ts';
import { applyQuery, formatResult, type OutputFormat } from './output.ts';

export type { AzIo } from './command.ts';

/**
 * Runs one az command line.
 * @param argv the words after `az`
 * @param io where it reads and writes
 * @returns the exit code: 0, 1 error, 2 bad arguments, 3 not found (documented); a real az's own for what was handed on
 */
export async function runAz(argv: readonly string[], io: AzIo): Promise<number> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    return report(error, argv, io);
  }
}

function report(error: unknown, argv: readonly string[], io: AzIo): number {
  if (error instanceof AzError) {
    io.stderr.write(`ERROR: ${error.message}\n${error.advice.map((line) => `${line}\n`).join('')}`);
    return error.exitCode;
  }
  const text = error instanceof Error ? `Met error ${error.constructor.name}:${error.message}` : String(error);
  io.stderr.write(`ERROR: ${text}\nRun the command again with --debug for details.\n`);
  if (argv.includes('--debug') && error instanceof Error) io.stderr.write(`${error.stack}\n`);
  return 1;
}

async function dispatch(argv: readonly string[], io: AzIo): Promise<number> {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-v'))
    return dispatch(['version', '-o', 'table'], io);
  const words: string[] = [];
  for (const word of argv) {
    if (word.startsWith('-')) break;
    words.push(word);
  }
  const first = words[0];
  const group = first !== undefined && Object.hasOwn(groups, first) ? groups[first] : undefined;
  if (!first) return showGroup('', undefined, io);
  if (!group) return handOn(argv, io, [], Object.keys(groups));
  const { registry } = await group.load();
  for (let length = words.length; length > 0; length--) {
    const entry = Object.hasOwn(registry, words.slice(0, length).join(' '))
      ? registry[words.slice(0, length).join(' ')]
      : undefined;
    if (entry) return runCommand((await entry.load()).command, argv.slice(length), io);
  }
  // Not a command: a group asked for its help, or something we don't have.
  const known = longestGroup(registry, words);
  const help = argv.includes('-h') || argv.includes('--help');
  if (known.length === words.length && (help || argv.length === words.length)) {
    if (help) return showGroup(known.join(' '), registry, io);
    throw usageError('the following arguments are required: _subcommand', [
      `Run 'az ${known.join(' ')} -h' for its commands.`,
    ]);
  }
  const next = Object.keys(registry).filter((name) => name.startsWith(`${known.join(' ')} `));
  const candidates = next.map((name) => name.split(' ')[known.length] ?? '');
  return handOn(argv, io, known, candidates);
}

function longestGroup(registry: Registry, words: readonly string[]): string[] {
  for (let length = words.length; length > 0; length--) {
    const prefix = `${words.slice(0, length).join(' ')} `;
    if (Object.keys(registry).some((name) => name.startsWith(prefix))) return words.slice(0, length);
  }
  return [];
}

async function showGroup(name: string, registry: Registry | undefined, io: AzIo): Promise<number> {
  const { groupHelp } = await import('./help.ts');
  const subgroups = new Map<string, string>();
  const commands = new Map<string, string>();
  if (!registry) for (const [key, group] of Object.entries(groups)) subgroups.set(key, group.summary);
  const prefix = `${name} `;
  for (const [key, entry] of Object.entries(registry ?? {})) {
    if (!key.startsWith(prefix)) continue;
    const rest = key.slice(prefix.length).split(' ');
    if (rest.length === 1) commands.set(rest[0] ?? '', entry.summary);
    else subgroups.set(rest[0] ?? '', `Manage ${(rest[0] ?? '').replaceAll('-', ' ')}.`);
  }
  io.stdout.write(groupHelp(name, subgroups, commands));
  return 0;
}

/** What isn't ours goes to the machine's az, if it knows more: of a group of an extension that it hasn't, it only says that the group is misspelled. */
async function handOn(
  argv: readonly string[],
  io: AzIo,
  known: readonly string[],
  candidates: readonly string[],
): Promise<number> {
  const { findRealAz, realKnowsGroup, runRealAz } = await import('./real-az.ts');
  const real = findRealAz(io.env);
  const group = known[0];
  if (real && (group === undefined || realKnowsGroup(openConfig(io.env).directory, io.env, group)))
    return runRealAz(real, argv, io.env, io.cwd);
  const words = argv.slice(
    0,
    [...argv, '-'].findIndex((word) => word.startsWith('-')),
  );
  const unknown = words[known.length] ?? words.at(-1) ?? '';
  const near = [...new Set(candidates)].filter((one) => editDistance(one, unknown) <= 2);
  const installed = real ? `the Azure CLI's ${group} extension installed` : 'the Azure CLI installed';
  const notOurs = `not implemented: az ${words.join(' ')}. With ${installed}, Millrace hands such commands on to it.`;
  if (group === undefined)
    throw usageError(`'${unknown}' is misspelled or not recognized by the system.`, [
      ...(near.length ? [`Did you mean '${near.join("', '")}' ?`] : []),
      notOurs,
    ]);
  const meant = near.length ? `: did you mean '${near.join("' or '")}'?` : '.';
  throw usageError(`'${unknown}' is not a command of 'az ${known.join(' ')}'${meant}`, [
    ...(near.length ? [] : [notOurs]),
    `Run 'az ${known.join(' ')} -h' for its commands.`,
  ]);
}

/**
 * Who is signed in where these variables put az's login state: somebody whose credential we hold, somebody who signed in by another az, nobody.
 * @throws when that state is damaged
 */
export async function signedIn(env: AzIo['env']): Promise<'here' | 'elsewhere' | 'nobody'> {
  const { openProfile } = await import('./profile.ts');
  const profile = openProfile(openConfig(env).directory);
  const all = profile.subscriptions();
  const current = all.find((one) => one.isDefault) ?? all[0];
  if (!current) return 'nobody';
  const { user, tenantId } = current;
  return user.assignedIdentityInfo || profile.credential(user.name, tenantId) ? 'here' : 'elsewhere';
}

async function runCommand(command: Command, words: readonly string[], io: AzIo): Promise<number> {
  const own = io.configuration;
  const config = openConfig(own === undefined ? io.env : { ...io.env, AZURE_CONFIG_DIR: own });
  const args = parseOrAdvise(command, words, () => parseArguments(command.arguments, words, config, io.cwd));
  if (args.flag('help')) {
    const { commandHelp } = await import('./help.ts');
    io.stdout.write(commandHelp(command));
    return 0;
  }
  const { context, close } = createContext(io, config, args, / create$/.test(command.name));
  try {
    const answer = await command.run(context, args);
    // As in az, who doesn't wait is told nothing.
    const result = args.flag('no_wait') ? undefined : answer;
    const printable = await applyQuery(result, args.text('query'));
    const format = (args.text('output') ?? configuredOutput(config)) as OutputFormat;
    io.stdout.write(await formatResult({ ...printable, ...(command.table ? { table: command.table } : {}) }, format));
    return 0;
  } catch (error) {
    // In az, what isn't there is told apart by its exit code.
    if (error instanceof AzError && error.status === 404) {
      throw new AzError(error.message, { exitCode: 3, advice: error.advice, status: 404, cause: error });
    }
    throw error;
  } finally {
    close();
  }
}

function configuredOutput(config: Context['config']): string {
  const named = config.get('core', 'output')?.toLowerCase() ?? 'json';
  return (OUTPUT_FORMATS as readonly string[]).includes(named) ? named : 'json';
}

function parseOrAdvise(command: Command, words: readonly string[], parse: () => Args): Args {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof AzError) || words.includes('--help') || words.includes('-h')) throw error;
    const examples = (command.examples ?? []).flatMap((example) => ['', example.command, example.text]);
    throw usageError(error.message, [
      ...error.advice,
      ...(examples.length ? ['', "Examples from command's help:", ...examples.slice(1)] : []),
      '',
      `Run 'az ${command.name} -h' for its arguments.`,
    ]);
  }
}

function createContext(io: AzIo, config: Context['config'], args: Args, creates: boolean) {
  const quiet =
    args.flag('only_show_errors') || /^(1|true|yes|on)$/i.test(config.get('core', 'only_show_errors') ?? '');
  let closing: (() => void) | undefined;
  let session: ReturnType<Context['session']> | undefined;
  let arm: ReturnType<Context['arm']> | undefined;
  let http: ReturnType<Context['http']> | undefined;
  const context: Context = {
    io,
    config,
    http() {
      http ??= import('./http.ts').then(({ createHttp }) => {
        const trace = (line: string) => io.stderr.write(`DEBUG: ${line}\n`);
        // For a pipeline's step the server tells the run instead.
        const notice = (line: string) => io.stderr.write(`WARNING: ${line}\n`);
        const made = createHttp(io.env, args.flag('debug') ? trace : undefined, notice, creates);
        closing = made.close;
        return made;
      });
      return http;
    },
    session() {
      session ??= Promise.all([import('./session.ts'), context.http()]).then(([{ openSession }, client]) =>
        openSession(config, client, io.env, args.text('subscription')),
      );
      return session;
    },
    arm() {
      arm ??= Promise.all([import('./arm.ts'), context.http(), context.session()]).then(
        ([{ createArm }, client, user]) => createArm(client, user),
      );
      return arm;
    },
    warn(text) {
      if (!quiet) io.stderr.write(`WARNING: ${text}\n`);
    },
  };
  return { context, close: () => closing?.() };
}
