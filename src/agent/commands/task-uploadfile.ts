import { basename } from 'node:path';
import type { Command } from './command.ts';

/** Attaches a file that is handed out with the step's log. */
export const taskUploadFile: Command = {
  area: 'task',
  event: 'uploadfile',
  inRestrictedMode: false,
  run(context, _properties, data) {
    context.attach('Distributedtask.Core.FileAttachment', basename(data), data);
  },
};
