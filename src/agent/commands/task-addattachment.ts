import { type Command, required } from './command.ts';

/** Attaches a file to the step. */
export const taskAddAttachment: Command = {
  area: 'task',
  event: 'addattachment',
  inRestrictedMode: false,
  run(context, properties, data) {
    const type = required(taskAddAttachment, properties, 'type');
    context.attach(type, required(taskAddAttachment, properties, 'name'), data);
  },
};
