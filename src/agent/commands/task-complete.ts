import { parseTaskResult } from '../results.ts';
import { booleanProperty, type Command } from './command.ts';

/** Sets the step's result; the worst one counts. */
export const taskComplete: Command = {
  area: 'task',
  event: 'complete',
  inRestrictedMode: true,
  run(context, properties, data) {
    const result = parseTaskResult(properties['result'] ?? '');
    if (!result) {
      throw new Error(
        `The result '${properties['result'] ?? ''}' of ##vso[task.complete] is not one of Succeeded, SucceededWithIssues, Failed, Canceled, Skipped, Abandoned.`,
      );
    }
    context.complete(result, data, booleanProperty(properties, 'done'));
  },
};
