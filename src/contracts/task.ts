/**
 * The task interface: what a built-in pipeline task is given, and what it answers. A task is a folder `tasks/<Name>V<n>/`
 * with a manifest `task.json` in the shape of the public task packages and a module `index.ts` that exports `run`.
 */

/** A task's result. `failed` is the user's failure; a thrown error is reported as ours. */
export type TaskResult = {
  readonly result: 'succeeded' | 'succeededWithIssues' | 'failed' | 'canceled' | 'skipped';
  /** What went wrong, for a person; shown as an error issue when the result is `failed`. */
  readonly message?: string;
};

export type TaskEndpoint = {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly url: string;
  readonly authorization: { readonly scheme: string; readonly parameters: Readonly<Record<string, string>> };
  readonly data: Readonly<Record<string, string>>;
};

export type ProcessOptions = {
  readonly cwd?: string;
  /** Added to (and over) the step's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Written to the process's standard input, which is closed otherwise. */
  readonly input?: string;
  /** Called with each piece of standard error besides its being printed. */
  readonly onStderr?: (text: string) => void;
  /** Keep the output out of the log and hand it back instead. */
  readonly quiet?: boolean;
};

export type ProcessResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/** Everything a task may do. Nothing else of the machine is reached through globals. */
export type TaskContext = {
  /** An input by its name in the manifest, macros expanded and trimmed, default filled in. Absent: empty text. */
  input(name: string): string;
  booleanInput(name: string): boolean;
  /** A required input. @throws an error that names the input */
  requiredInput(name: string): string;
  /** Lines of a multi-line input, empty ones dropped. */
  linesInput(name: string): string[];
  /** The service connection that a `connectedService:*` input names, or undefined when the input is empty. */
  endpoint(input: string): TaskEndpoint | undefined;
  /** A job variable's value (`Agent.TempDirectory`, `System.DefaultWorkingDirectory`), or undefined. */
  variable(name: string): string | undefined;
  setVariable(name: string, value: string, options?: { secret?: boolean; output?: boolean }): void;
  setSecret(value: string): void;
  prependPath(folder: string): void;
  /** The step's environment as a child process gets it (plain variables, `INPUT_…`, step `env`), without the machine's secrets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Prints a line to the step's log; `##[command]`, `##[section]`, `##[warning]` prefixes colour it. */
  print(line: string): void;
  warning(message: string): void;
  error(message: string): void;
  debug(message: string): void;
  /** Starts a program, prints its output line by line with logging commands obeyed, and waits. Canceled with the step. */
  exec(file: string, args: readonly string[], options?: ProcessOptions): Promise<ProcessResult>;
  /** Finds an executable on the step's PATH. */
  which(program: string): string | undefined;
  /** Aborted when the step is canceled or timed out. */
  readonly signal: AbortSignal;
  /** What a task needs of the server: artifacts of this run, tokens for a connection. */
  readonly server: TaskServer;
  /** Where the job's source comes from. */
  readonly repositories: readonly TaskRepository[];
  /** Registers something to run after the job's last step, in reverse order, whatever the result. */
  atJobEnd(action: () => Promise<void>): void;
};

export type TaskServer = {
  /** Uploads a file or folder as a pipeline artifact of the current run. */
  publishArtifact(
    name: string,
    path: string,
    properties?: Readonly<Record<string, string>>,
  ): Promise<{ files: number; bytes: number }>;
  listArtifacts(runId?: number): Promise<readonly { name: string }[]>;
  /** Downloads an artifact's files that match the patterns (`**` and `!` lines) into a folder. */
  downloadArtifact(
    name: string,
    folder: string,
    patterns: readonly string[],
    runId?: number,
  ): Promise<{ files: number; bytes: number }>;
  /** A token that proves the run to the identity service, for a workload identity federation connection. */
  oidcToken(endpointId: string): Promise<string>;
};

export type TaskRepository = {
  readonly alias: string;
  readonly name: string;
  readonly type: string;
  /** A path on this machine for local repositories, else a git URL. */
  readonly url: string;
  readonly ref: string;
  readonly version: string;
  /** `working-tree`: tracked files as on disk and untracked ones that git doesn't ignore; `commit`: the committed state. */
  readonly source: 'working-tree' | 'commit';
};

/** What a task's `index.ts` exports. */
export type TaskModule = { run(context: TaskContext): Promise<TaskResult> };

/** The manifest, in the shape of the public `task.json` (subset that Millrace reads; unknown keys are kept). */
export type TaskManifest = {
  readonly id: string;
  readonly name: string;
  readonly friendlyName: string;
  readonly description: string;
  readonly author: string;
  readonly helpUrl?: string;
  readonly helpMarkDown?: string;
  readonly version: { readonly Major: number; readonly Minor: number; readonly Patch: number };
  readonly runsOn?: readonly string[];
  readonly instanceNameFormat: string;
  readonly inputs: readonly TaskInput[];
  readonly outputVariables?: readonly { readonly name: string; readonly description: string }[];
};

export type TaskInput = {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly type: string;
  readonly label: string;
  readonly defaultValue?: string;
  readonly required?: boolean;
  readonly options?: Readonly<Record<string, string>>;
  readonly visibleRule?: string;
  readonly helpMarkDown?: string;
};
