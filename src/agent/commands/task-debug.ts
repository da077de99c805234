import type { Command } from './command.ts';

/** A line that shows only when `system.debug` is true. */
export const taskDebug: Command = {
  area: 'task',
  event: 'debug',
  inRestrictedMode: true,
  run(context, _properties, data) {
    if (context.debug) context.print(`##[debug]${data}`);
  },
};
