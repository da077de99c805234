import type { Command } from './command.ts';

/** Known, and not built: the step goes on with a warning. */
export const releaseUpdateReleaseName: Command = {
  area: 'release',
  event: 'updatereleasename',
  inRestrictedMode: false,
  run(context) {
    context.warn('not implemented: ##vso[release.updatereleasename]');
  },
};
