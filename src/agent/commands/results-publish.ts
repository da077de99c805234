import type { Command } from './command.ts';

/** Known, and not built: the step goes on with a warning. */
export const resultsPublish: Command = {
  area: 'results',
  event: 'publish',
  inRestrictedMode: false,
  run(context) {
    context.warn('not implemented: ##vso[results.publish]');
  },
};
