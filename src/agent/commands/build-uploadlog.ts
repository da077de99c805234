import type { Command } from './command.ts';

/** Uploads a file as a log of the run. */
export const buildUploadLog: Command = {
  area: 'build',
  event: 'uploadlog',
  inRestrictedMode: false,
  run(context, _properties, data) {
    if (data.trim() === '') throw new Error('##vso[build.uploadlog] needs a file after the bracket.');
    context.later(() => context.server.uploadLog(data.trim()));
  },
};
