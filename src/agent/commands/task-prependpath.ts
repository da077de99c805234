import type { Command } from './command.ts';
import { mayBeSet } from './task-setvariable.ts';

/** Puts a folder first on PATH for the steps that follow. */
export const taskPrependPath: Command = {
  area: 'task',
  event: 'prependpath',
  inRestrictedMode: true,
  run(context, _properties, data) {
    if (data === '') throw new Error('##vso[task.prependpath] needs a folder after the bracket.');
    if (context.settable && !mayBeSet('PATH', context.settable)) {
      context.warn("Changing PATH is not allowed here: the step's settableVariables do not name it.");
      return;
    }
    context.prependPath(data);
  },
};
