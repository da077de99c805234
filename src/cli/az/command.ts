import type { Arm } from './arm.ts';
import type { Config } from './config.ts';
import type { Http } from './http.ts';
import type { Session } from './session.ts';

/** Where a command reads and writes; handed in, so that tests and the launcher own it. */
export type AzIo = {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The folder of our own settings and login state, where it isn't the one that the variables name for every az. */
  readonly configuration?: string;
};

/** One argument of a command, as data: the parser and the help text are both driven by it. */
export type Argument = {
  /** The key under which the command reads it. */
  readonly name: string;
  /** `--file`, `-f`; none for a positional argument. */
  readonly options: readonly string[];
  /** `value`: exactly one; `flag`: none; `list`: one or more; `pairs`: any number, the option repeatable, gathered. */
  readonly kind: 'value' | 'flag' | 'list' | 'pairs';
  readonly help: string;
  readonly required?: boolean;
  /** Compared without regard to case, as az does; the listed spelling is what the command sees. */
  readonly choices?: readonly string[];
  /** What the option alone stands for, where its value may be left out. */
  readonly bare?: string;
  /** The `[defaults]` key that fills it when it is not given. */
  readonly configured?: 'group' | 'workspace' | 'location' | 'registry';
  /** The value is taken as it is: `@file` is not read. */
  readonly literal?: boolean;
  /** Accepted, but left out of the help. */
  readonly hidden?: boolean;
};

/** The parsed arguments of one invocation. */
export type Args = {
  /** The argument's value; undefined when it was not given and has no default. */
  text(name: string): string | undefined;
  /** The same for a required argument, which the parser has made sure of. */
  need(name: string): string;
  flag(name: string): boolean;
  list(name: string): readonly string[] | undefined;
};

/** What a command works with. The members that cost time are made at first use. */
export type Context = {
  readonly io: AzIo;
  readonly config: Config;
  /** The connection to the local server, not signed in. */
  http(): Promise<Http>;
  /** Who is logged in, and tokens for them. */
  session(): Promise<Session>;
  /** The resource manager, signed in. */
  arm(): Promise<Arm>;
  /** A line of advice or warning on stderr; silent under --only-show-errors. */
  warn(text: string): void;
};

export type Command = {
  /** The words after `az`. */
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
  readonly examples?: readonly { readonly text: string; readonly command: string }[];
  readonly arguments: readonly Argument[];
  /** Rows for `-o table`; without it az's automatic table. */
  readonly table?: (result: unknown) => unknown;
  /** @returns what is printed; undefined prints nothing */
  run(context: Context, args: Args): Promise<unknown>;
};

/** A group's commands, without loading any: the words below the group, a line of help, and how to get it. */
export type Registry = Readonly<
  Record<string, { readonly summary: string; readonly load: () => Promise<{ readonly command: Command }> }>
>;
