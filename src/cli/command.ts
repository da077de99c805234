import type { CliIo } from './io.ts';

/** The arguments of one command, checked against its definition. */
export type Arguments = {
  readonly positionals: readonly string[];
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** What followed the command's name, untouched. */
  readonly raw: readonly string[];
};

/** An option of a command; written `--name value`, `--name=value` or, for a flag, `--name`. */
export type OptionDefinition = {
  /** Without dashes, in kebab-case. */
  readonly name: string;
  /** One letter for `-x`. */
  readonly short?: string;
  readonly summary: string;
  /** What the value stands for, in capitals; absent: the option is a flag and takes none. */
  readonly value?: string;
  /** May be given again and again. */
  readonly repeatable?: boolean;
  /** The only values allowed. */
  readonly choices?: readonly string[];
};

/** A positional argument. */
export type PositionalDefinition = { readonly name: string; readonly summary: string; readonly required: boolean };

/** One command: its grammar, its help and its code, in one file. */
export type CommandDefinition = {
  /** As typed: `run`, `runs list`. */
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** A paragraph or two for the command's own help. */
  readonly description?: string;
  readonly positionals?: readonly PositionalDefinition[];
  readonly options?: readonly OptionDefinition[];
  readonly examples: readonly { readonly line: string; readonly says: string }[];
  /** The arguments go to `run` as they are, `--help` too: for `az`, which has a grammar of its own. */
  readonly raw?: boolean;
  /** @returns the exit code */
  run(parsed: Arguments, io: CliIo): Promise<number>;
};

/** A line of the registry of commands. */
export type CommandEntry = {
  readonly name: string;
  /** The same text as the definition's; here too, so that the overview loads no command. */
  readonly summary: string;
  load(): Promise<CommandDefinition>;
};
