import type { TaskCatalog } from '../language/index.ts';

/** Where a command writes text; a process's standard streams are such. */
export type TextSink = {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** Everything of the process that the command line may touch; nothing of it is reached through globals. */
export type CliIo = {
  /** Data: what a caller pipes on. */
  readonly stdout: TextSink;
  /** Progress, warnings, errors. */
  readonly stderr: TextSink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute working directory. */
  readonly cwd: string;
  /** Calls `listener` at each Ctrl-C (SIGINT) and SIGTERM until the answer is called. Without a listener the process dies of it. */
  onInterrupt(listener: () => void): () => void;
  readonly host: CliHost;
};

/** A server to talk to. */
export type ServerConnection = {
  /** Base address without a trailing slash, as `http://127.0.0.1:8080`; organisations lie below it. */
  readonly url: string;
  readonly token: string;
  /** Whether this process carries the server: it ends with the command. */
  readonly hosted: boolean;
  /** Ends the use of the server. A hosted one first waits for its last run, unless it is to end `atOnce`, then stops. */
  close(options?: { readonly atOnce?: boolean }): Promise<void>;
};

export type ConnectOptions = {
  /** Start a server in this process when none holds the data directory. */
  readonly startIfAbsent: boolean;
  /** Told what the user must know while a server that this process carries serves. Absent: standard error. */
  readonly notice?: (line: string) => void;
};

export type UpOptions = {
  /** Port on the loopback address; absent: the one of the last start, or a free one. */
  readonly port?: number;
};

/** A running server, as the data directory's own file describes it. */
export type ServerDescription = {
  readonly url: string;
  /** The owner's. */
  readonly token: string;
  readonly pid: number;
  readonly proxyUrl?: string;
  readonly caFile?: string;
  readonly version?: string;
  /** `run`: lives until its last run ends; `up`: until it is told. */
  readonly mode?: 'run' | 'up';
};

/** What the command line needs of the program around it; `src/main` supplies it. */
export type CliHost = {
  /** The product's version. */
  readonly version: string;
  /** Absolute path of the folder that holds the database, files, logs and the server file. */
  readonly dataDirectory: string;
  /** Absolute path of the sample project, or undefined where it isn't installed. */
  readonly sampleDirectory: string | undefined;
  /** The tasks that a pipeline may name, for checking one without a server. */
  tasks(): Promise<TaskCatalog>;
  /** @returns undefined when no server runs and none is to be started */
  connect(options: ConnectOptions): Promise<ServerConnection | undefined>;
  /** The server that holds the data directory, or undefined. */
  describe(): Promise<ServerDescription | undefined>;
  /** Serves until stopped; answers the exit code. A second server on the same data is an error. */
  up(options: UpOptions): Promise<number>;
  /** Stops the server that holds the data directory and waits for its end. False: none ran. */
  down(): Promise<boolean>;
  /** The variables that point `az`, SDKs and scripts of a shell at the running server. */
  environment(): Promise<Readonly<Record<string, string>>>;
  /** Runs the embedded `az` with the arguments after `az`. */
  az(argv: readonly string[], io: CliIo): Promise<number>;
};
