import type { Command } from './command.ts';

/** Reports an error or a warning on the step. It never changes the result by itself. */
export const taskLogIssue: Command = {
  area: 'task',
  event: 'logissue',
  inRestrictedMode: true,
  run(context, properties, data) {
    const { type, sourcepath, linenumber, columnnumber, code } = properties;
    if (!type) {
      context.warn("Can't log an issue without a type: write ##vso[task.logissue type=error] or type=warning.");
      return;
    }
    const kind = type.toLowerCase();
    if (kind !== 'error' && kind !== 'warning') {
      throw new Error(`The type '${type}' of ##vso[task.logissue] is unknown. Use error or warning.`);
    }
    const position = sourcepath ? `${sourcepath}(${linenumber ?? '1'},${columnnumber ?? '1'}): ` : '';
    context.print(`##[${kind}]${position}${code ? `${kind} ${code}: ` : ''}${data}`);
    context.addIssue({
      type: kind,
      category: 'General',
      message: data,
      data: {
        type: kind,
        ...(sourcepath ? { sourcepath } : {}),
        ...(linenumber ? { linenumber } : {}),
        ...(columnnumber ? { columnnumber } : {}),
        ...(code ? { code } : {}),
      },
    });
  },
};
