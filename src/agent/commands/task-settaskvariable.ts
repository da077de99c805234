import { booleanProperty, type Command, required } from './command.ts';

/** Sets a variable that only later phases of the same task see. */
export const taskSetTaskVariable: Command = {
  area: 'task',
  event: 'settaskvariable',
  inRestrictedMode: true,
  run(context, properties, data) {
    const name = required(taskSetTaskVariable, properties, 'variable');
    const secret = booleanProperty(properties, 'issecret');
    if (secret) context.addSecret(data);
    context.setTaskVariable(name, data, secret);
  },
};
