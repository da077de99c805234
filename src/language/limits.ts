/** Bounds of an expansion. */
export type Limits = {
  /** Files that may be read, the pipeline's own not counted. */
  readonly files: number;
  /** Bytes of one file, in UTF-8. */
  readonly fileBytes: number;
  /** Estimated bytes of the expanded pipeline. */
  readonly memoryBytes: number;
  /** Scalars, collections and directives that the expansion may come by, each for its events. */
  readonly events: number;
};

/** What the service allows: recorded from its expansion log. Nesting, at most 100, isn't among what a caller can lift. */
export const serviceLimits: Limits = {
  files: 100,
  fileBytes: 1_048_576,
  memoryBytes: 20_971_520,
  events: 10_000_000,
};
