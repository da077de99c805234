/**
 * A failure that ends a command: what az prints on stderr, and its exit code.
 * Exit codes (documented): 1 any error, 2 bad arguments, 3 what is not there: documented for `show`, and seen of
 * every command whose request is answered by 404 (`az ml job create` with a compute that is not there; az 2.91).
 */
export class AzError extends Error {
  readonly exitCode: number;
  /** Next steps, printed below the message. */
  readonly advice: readonly string[];
  /** The HTTP status behind the failure, where there is one. */
  readonly status: number | undefined;
  /** The service's own code for it (`UserError`, `ResourceNotFound`). */
  readonly code: string | undefined;

  constructor(message: string, options: AzErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AzError';
    this.exitCode = options.exitCode ?? 1;
    this.advice = options.advice ?? [];
    this.status = options.status;
    this.code = options.code;
  }
}

export type AzErrorOptions = {
  readonly exitCode?: number;
  readonly advice?: readonly string[];
  readonly status?: number;
  readonly code?: string;
  readonly cause?: unknown;
};

/** A bad argument: exit code 2. */
export function usageError(message: string, advice: readonly string[] = []): AzError {
  return new AzError(message, { exitCode: 2, advice });
}

/** Any other failure of the command: exit code 1. */
export function commandError(message: string, options: Omit<AzErrorOptions, 'exitCode'> = {}): AzError {
  return new AzError(message, options);
}

type WireError = {
  code?: string;
  message?: string;
  target?: string | null;
  details?: WireError[] | null;
  additionalInfo?: { type?: string; info?: unknown }[] | null;
};

/**
 * Turns an ARM error answer into the text the Azure clients print: `(code) message`, then `Code:`, `Message:`, `Target:`,
 * `Exception Details:` and `Additional Information:` (client source).
 * @param status HTTP status of the answer
 * @param body its body, JSON or text
 * @param reason the status line's words, used when the body is no ARM error
 */
export function serviceError(status: number, body: string, reason: string): AzError {
  const error = wireErrorOf(body);
  if (!error) {
    const text = body.trim().slice(0, 4000);
    return new AzError(`Operation returned an invalid status '${reason}'${text ? `\nContent: ${text}` : ''}`, {
      status,
    });
  }
  return new AzError(describeWireError(error), { status, ...(error.code ? { code: error.code } : {}) });
}

function wireErrorOf(body: string): WireError | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    const inner = 'error' in parsed ? parsed.error : parsed;
    if (typeof inner !== 'object' || inner === null) return undefined;
    const error = inner as WireError;
    return typeof error.code === 'string' || typeof error.message === 'string' ? error : undefined;
  } catch {
    return undefined;
  }
}

/** The client library's text for one error object. */
function describeWireError(error: WireError): string {
  const lines = [`(${error.code}) ${error.message}`, `Code: ${error.code}`, `Message: ${error.message}`];
  if (error.target) lines.push(`Target: ${error.target}`);
  if (error.details?.length) {
    lines.push('Exception Details:');
    for (const detail of error.details) {
      for (const line of describeWireError(detail).split('\n')) lines.push(`\t${line}`);
    }
  }
  if (error.additionalInfo?.length) {
    lines.push('Additional Information:');
    for (const info of error.additionalInfo) {
      lines.push(`Type: ${info.type}`);
      lines.push(`Info: ${JSON.stringify(info.info, null, 4)}`);
    }
  }
  return lines.join('\n');
}
