import { toText } from '../convert.ts';
import { evaluationFault } from '../error.ts';
import type { FunctionCall, StatusHost } from './function.ts';

/** The state that a status function asks. @throws ExpressionError outside conditions and for arguments in a step's condition */
export function statusOf(call: FunctionCall, name: string): StatusHost {
  const status = call.host.status;
  if (!status) throw evaluationFault(`The function ${name} is only available in conditions`);
  if (status.level === 'step' && call.count > 0)
    throw evaluationFault(`The function ${name} takes no arguments in a step's condition`);
  return status;
}

/** Results of the dependencies that the call's arguments name, of all of them without arguments; undefined for a stranger among the names. */
export function resultsOf(
  call: FunctionCall,
  status: Exclude<StatusHost, { level: 'step' }>,
): readonly string[] | undefined {
  return status.results(Array.from({ length: call.count }, (_, index) => toText(call.argument(index))));
}

/** Whether a result lets `succeeded()` hold. */
export function isSuccess(result: string): boolean {
  return result === 'Succeeded' || result === 'SucceededWithIssues';
}
