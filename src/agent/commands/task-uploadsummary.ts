import { basename } from 'node:path';
import type { Command } from './command.ts';

/** Attaches a Markdown file that is shown with the run. */
export const taskUploadSummary: Command = {
  area: 'task',
  event: 'uploadsummary',
  inRestrictedMode: false,
  run(context, _properties, data) {
    context.attach('Distributedtask.Core.Summary', basename(data), data);
  },
};
