import type { JobEndpoint, TimelineResult } from '../../contracts/agent.ts';
import type { TaskManifest } from '../../contracts/task.ts';
import type { Outbound } from '../../http/index.ts';
import type { RecordWrite } from './timeline.ts';

/** What a server task says after each look: it is over, or it waits and where it stands. */
export type ServerTaskStep =
  | { readonly kind: 'done'; readonly result: TimelineResult; readonly message?: string }
  | {
      readonly kind: 'wait';
      /** Plain JSON, handed back at the next look; `{ value, isSecret: true }` inside it is sealed at rest. */
      readonly memory: unknown;
      /** When to look again, in milliseconds from now; absent means only when an event comes. */
      readonly lookInMs?: number;
      /** A TaskCompleted event for the task ends it with the event's result. */
      readonly endsByEvent: boolean;
    };

/** Everything a server task may do. It holds nothing between two calls but the memory it hands over. */
export type ServerTaskContext = {
  /** An input by its manifest name, macros expanded and trimmed, default filled in; empty text when absent. */
  input(name: string): string;
  /** Expands `$(…)` in a text with the job's variables and what the task adds. */
  expand(text: string, extra?: Readonly<Record<string, string>>): string;
  variable(name: string): string | undefined;
  /** The service connection that an input names. @throws invalid when there is none, naming it */
  endpoint(input: string): Promise<JobEndpoint>;
  /** An access token for a resource, by the connection's principal. */
  accessToken(endpoint: JobEndpoint, resource: string): Promise<string>;
  /** Adds a line to the task's log, secrets masked. */
  print(line: string): void;
  /** Registers a value that no log may show. */
  setSecret(value: string): void;
  /** Upserts records below the task's own. */
  records(updates: readonly RecordWrite[]): void;
  setOutput(name: string, value: string, isSecret?: boolean): void;
  readonly recordId: string;
  readonly now: Date;
  /** Whether missing things are made and left-overs stopped, as local runs want it. */
  readonly local: boolean;
  readonly outbound: Outbound;
};

/**
 * A task that the server itself performs. Calls may take seconds, never longer: what takes longer waits in a row.
 */
export type ServerTask = {
  readonly manifest: TaskManifest;
  start(context: ServerTaskContext): Promise<ServerTaskStep>;
  /** A time to look has come, or the server was restarted while the task waited. */
  look(context: ServerTaskContext, memory: unknown): Promise<ServerTaskStep>;
  /** A TaskCompleted event came: the last word on the result, and what the log should show of it. Default: the event's result. */
  completed?(context: ServerTaskContext, memory: unknown, result: TimelineResult): Promise<ServerTaskStep>;
  /** The job is being canceled. */
  cancel?(context: ServerTaskContext, memory: unknown): Promise<void>;
  /** Whether `start` may be called again when the server died in the middle of it. */
  repeatable(context: ServerTaskContext): boolean;
  /** Pause before `start` is called again when what it needs could not be reached, in milliseconds; absent: it fails. */
  readonly startAgainMs?: number;
};

/** The server's own tasks, by id or name. */
export type ServerTaskRegistry = readonly ServerTask[];
