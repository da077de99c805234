import type { Command } from './command.ts';

/** Shows how far the step is. */
export const taskSetProgress: Command = {
  area: 'task',
  event: 'setprogress',
  inRestrictedMode: true,
  run(context, properties, data) {
    const value = Number.parseInt(properties['value'] ?? '', 10);
    if (!(value >= 0 && value <= 100)) {
      throw new Error(
        `The progress '${properties['value'] ?? ''}' of ##vso[task.setprogress] is not a number from 0 to 100.`,
      );
    }
    context.record({ id: context.step.id, percentComplete: value, currentOperation: data });
  },
};
