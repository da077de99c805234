import type { Command } from './command.ts';

/** Tags the run. */
export const buildAddBuildTag: Command = {
  area: 'build',
  event: 'addbuildtag',
  inRestrictedMode: false,
  run(context, _properties, data) {
    const tag = data.trim();
    if (tag === '') throw new Error('##vso[build.addbuildtag] needs a tag after the bracket.');
    context.later(() => context.server.addBuildTag(tag));
  },
};
