import type { Issue, TimelineRecordUpdate, TimelineResult } from '../../contracts/agent.ts';
import type { Variables } from '../variables.ts';

/** What a logging command may do to its step and job. */
export type CommandContext = {
  readonly step: { readonly id: string; readonly name: string };
  readonly variables: Variables;
  /** `system.debug` is true. */
  readonly debug: boolean;
  /** Allow-list of `settableVariables`; undefined allows all. */
  readonly settable?: readonly string[];
  addSecret(value: string): void;
  /** Prints a line to the step's log, masked. */
  print(line: string): void;
  /** Prints a warning and counts it. */
  warn(message: string): void;
  addIssue(issue: Issue): void;
  /** Merges a result into the step's. `done` ends the step's processes. */
  complete(result: TimelineResult, operation: string, done: boolean): void;
  setOutput(name: string, value: string, secret: boolean): void;
  setTaskVariable(name: string, value: string, secret: boolean): void;
  prependPath(folder: string): void;
  setEndpoint(id: string, field: 'url' | 'authparameter' | 'dataparameter', key: string, value: string): void;
  record(update: TimelineRecordUpdate): void;
  /** Attaches a file to the step's record. */
  attach(type: string, name: string, file: string): void;
  /** Work that the step's end waits for. */
  later(work: () => Promise<void>): void;
  readonly server: CommandServer;
};

/** What commands ask of the server. */
export type CommandServer = {
  uploadArtifact(name: string, folder: string, path: string): Promise<void>;
  associateArtifact(name: string, type: string, location: string, properties: Record<string, string>): Promise<void>;
  uploadLog(file: string): Promise<void>;
  updateBuildNumber(number: string): Promise<void>;
  addBuildTag(tag: string): Promise<void>;
};

/** One logging command: a file, and a line in the registry. */
export type Command = {
  readonly area: string;
  readonly event: string;
  /** Passes in restricted mode (documented). */
  readonly inRestrictedMode: boolean;
  /** @throws an error for a person; the step then fails */
  run(context: CommandContext, properties: Readonly<Record<string, string>>, data: string): void;
};

/** A property that the command can't do without. */
export function required(command: Command, properties: Readonly<Record<string, string>>, name: string): string {
  const value = properties[name.toLowerCase()];
  if (value) return value;
  throw new Error(
    `Required field '${name}' is missing in ##vso[${command.area}.${command.event}] command. Write it as ${name}=value in the brackets.`,
  );
}

export function booleanProperty(properties: Readonly<Record<string, string>>, name: string): boolean {
  return properties[name]?.trim().toLowerCase() === 'true';
}
