/** A span as OpenTelemetry's protocol sends it, whichever way it was written. */
export type OtlpSpan = {
  /** Hexadecimal: 32 digits, 16 for a span; the parent's is empty for the first span of a trace. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly name: string;
  /** Nanoseconds since 1970; 0 while it has not ended. */
  readonly begun: bigint;
  readonly ended: bigint;
  /** 0 unset, 1 fine, 2 an error. */
  readonly status: number;
  readonly message: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly OtlpEvent[];
};

export type OtlpEvent = {
  readonly name: string;
  readonly time: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
};

/** How deep a value may hold others. */
export const DEPTH_LIMIT = 50;
