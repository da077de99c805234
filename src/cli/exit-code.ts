/** What the process answers its caller. */
export const exitCode = {
  /** Also for a run that succeeded with issues. */
  succeeded: 0,
  failed: 1,
  /** Bad arguments, or a pipeline that does not compile. */
  usage: 2,
  canceled: 5,
  /** Ctrl-C, as shells count it: 128 + SIGINT. */
  interrupted: 130,
} as const;
