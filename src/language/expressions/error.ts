const link = 'https://go.microsoft.com/fwlink/?linkid=842996';

/** An expression that can't be parsed or evaluated. The message is the service's own text, without file and position. */
export class ExpressionError extends Error {
  /** `parse`: the text is at fault; `evaluate`: its values are. */
  readonly phase: 'parse' | 'evaluate';

  constructor(phase: 'parse' | 'evaluate', message: string) {
    super(message);
    this.name = 'ExpressionError';
    this.phase = phase;
  }
}

export function parseFault(text: string): ExpressionError {
  return new ExpressionError('parse', text);
}

export function evaluationFault(text: string): ExpressionError {
  return new ExpressionError('evaluate', text);
}

/** A parse fault at a token. `position` counts characters of `expression` from 1. */
export function faultAt(what: string, raw: string, position: number, expression: string): ExpressionError {
  return parseFault(
    `${what}: '${raw}'. Located at position ${position} within expression: '${expression}'. For more help, refer to ${link}`,
  );
}

/** The published text; the service's own limit is one of bytes. */
export function memoryFault(expression: string): ExpressionError {
  return evaluationFault(
    `The maximum allowed memory size was exceeded while evaluating the following expression: ${expression}`,
  );
}

export function lengthFault(longest: number): ExpressionError {
  return parseFault(`Exceeded max expression length ${longest}. For more help, refer to ${link}`);
}

export function depthFault(): ExpressionError {
  return parseFault(`Exceeded max expression depth 50. For more help, refer to ${link}`);
}
