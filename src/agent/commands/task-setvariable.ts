import { matchesPattern } from '../patterns.ts';
import { booleanProperty, type Command, required } from './command.ts';

/** Sets a variable for the steps that follow; `isoutput` makes it an output of the step, `issecret` a secret. */
export const taskSetVariable: Command = {
  area: 'task',
  event: 'setvariable',
  inRestrictedMode: true,
  run(context, properties, data) {
    const name = required(taskSetVariable, properties, 'variable');
    if (context.settable && !mayBeSet(name, context.settable)) {
      context.warn(`Setting variable '${name}' is not allowed here: the step's settableVariables do not name it.`);
      return;
    }
    const output = booleanProperty(properties, 'isoutput');
    const full = output ? `${context.step.name}.${name}` : name;
    const known = context.variables.find(full);
    const secret = booleanProperty(properties, 'issecret') || (known?.isSecret ?? false);
    if (
      secret &&
      /[\r\n]/.test(data) &&
      !allowsMultiLineSecrets(context.variables.get('SYSTEM_UNSAFEALLOWMULTILINESECRET'))
    ) {
      throw new Error(
        `The secret variable '${name}' has several lines, which cannot be masked safely. ` +
          'Encode it on one line (base64, for one), or set SYSTEM_UNSAFEALLOWMULTILINESECRET to true.',
      );
    }
    if (secret) context.addSecret(data);
    if (known?.isReadOnly) {
      const message = `Overwriting readonly variable '${full}' is not permitted. Choose another name.`;
      if (context.variables.get('agent.readOnlyVariables')?.toLowerCase() === 'true') throw new Error(message);
      context.warn(message);
      return;
    }
    context.variables.set(full, data, {
      secret,
      readOnly: output || booleanProperty(properties, 'isreadonly'),
      preserveCase: booleanProperty(properties, 'preservecase'),
    });
    if (output) context.setOutput(name, data, secret);
    if (context.debug) context.print(`##[debug]set ${full}=${secret ? '********' : data}`);
  },
};

/** An allow-list holds glob patterns; case is ignored. */
export function mayBeSet(name: string, allowed: readonly string[]): boolean {
  return allowed.some((pattern) => matchesPattern(name, pattern, true));
}

function allowsMultiLineSecrets(value: string | undefined): boolean {
  return value?.toLowerCase() === 'true';
}
