import type { Command } from './command.ts';

/** Renames the run; visible at once. */
export const buildUpdateBuildNumber: Command = {
  area: 'build',
  event: 'updatebuildnumber',
  inRestrictedMode: false,
  run(context, _properties, data) {
    const number = data.trim();
    if (number === '') throw new Error('##vso[build.updatebuildnumber] needs the new name after the bracket.');
    context.variables.set('Build.BuildNumber', number);
    context.later(() => context.server.updateBuildNumber(number));
  },
};
