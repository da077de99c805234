/**
 * The lifecycle of something launched on a machine. A handle is plain data, chosen and committed by the caller before `launch`;
 * launching the same handle twice starts one process; `recover` needs no parent process and works after a restart of the server.
 */
export type LaunchHandle = {
  /** Chosen by the caller, unique for ever (a GUID). */
  readonly id: string;
  /** An absolute folder of the launch's own: exit status, output and the owning shell's pid are written there. */
  readonly folder: string;
};

/** One process of a launch. Distributed launches have several; rank and node are the caller's to put into `env`. */
export type LaunchProcess = {
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path; standard output and error are appended to it together. */
  readonly logFile: string;
};

export type LaunchSpec = {
  readonly processes: readonly LaunchProcess[];
  /** Seconds after which the launch is stopped and reported as timed out; absent means never. */
  readonly timeoutSeconds?: number;
};

export type LaunchState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'running' }
  | { readonly kind: 'exited'; readonly exitCode: number; readonly signal?: string }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'stopped' }
  /** Started once, its processes are gone, and no exit status was written: the machine went down under it. */
  | { readonly kind: 'lost' };

export type Driver = {
  readonly name: string;
  /** Starts the processes unless this handle was started before. Resolves when they run (or have ended). */
  launch(handle: LaunchHandle, spec: LaunchSpec): Promise<void>;
  /** What became of a launch, from its folder alone. `unknown`: never started. */
  recover(handle: LaunchHandle): Promise<LaunchState>;
  /** Resolves with the final state; rejects only when the signal aborts. */
  wait(handle: LaunchHandle, signal: AbortSignal): Promise<LaunchState>;
  /** Asks the whole process tree to end (SIGTERM), and kills it after the grace. Safe to call twice. */
  stop(handle: LaunchHandle, graceSeconds: number): Promise<void>;
};
