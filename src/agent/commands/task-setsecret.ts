import type { Command } from './command.ts';

/** Masks a value from now on. */
export const taskSetSecret: Command = {
  area: 'task',
  event: 'setsecret',
  inRestrictedMode: true,
  run(context, _properties, data) {
    if (/[\r\n]/.test(data) && context.variables.get('SYSTEM_UNSAFEALLOWMULTILINESECRET')?.toLowerCase() !== 'true') {
      throw new Error(
        'A secret of several lines cannot be masked safely. Mask each of its lines by a command of its own.',
      );
    }
    context.addSecret(data);
  },
};
