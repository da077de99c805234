import { basename } from 'node:path';
import type { Command } from './command.ts';

/** The old name of `task.uploadsummary`. */
export const buildUploadSummary: Command = {
  area: 'build',
  event: 'uploadsummary',
  inRestrictedMode: false,
  run(context, _properties, data) {
    context.attach('Distributedtask.Core.Summary', basename(data), data);
  },
};
