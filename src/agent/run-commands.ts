import type { JobEndpoint, JobStep } from '../contracts/agent.ts';
import { messageOf } from '../kernel/errors.ts';
import { looksLikeCommand, parseCommand } from './command-parser.ts';
import type { CommandContext, CommandServer } from './commands/command.ts';
import { findCommand } from './commands/registry.ts';
import type { PartTaken } from './lines.ts';
import type { Masker } from './masking.ts';
import { checkAttachmentName, readSendableFile } from './sendable-file.ts';
import type { StepState } from './step-state.ts';
import type { Uploads } from './uploads.ts';
import type { Variables } from './variables.ts';

/** Characters of a line with a logging command that are kept until its end comes. */
const longestCommand = 8 * 1024 * 1024;

/** What the commands of all steps of a job share. */
export type JobScope = {
  readonly variables: Variables;
  readonly masker: Masker;
  readonly uploads: Uploads;
  readonly commandServer: CommandServer;
  /** Newest first. */
  readonly prependedPath: string[];
  readonly endpoints: JobEndpoint[];
};

/** Reads the output of a step: prints its lines masked, and obeys the logging commands in it. */
export type OutputReader = {
  lines(lines: readonly string[]): void;
  /** The beginning of a line that has no end yet. */
  part(text: string): PartTaken;
};

/**
 * Makes the reader of a step's output.
 * @param onDone called for `task.complete` with `done`: the step's processes are to end
 */
export function createOutputReader(
  scope: JobScope,
  state: StepState,
  target: JobStep['target'],
  onDone: () => void,
): OutputReader {
  const { masker } = scope;
  const { output } = state;
  const restricted = target?.commands === 'restricted';
  const context = commandContext(scope, state, target, onDone);

  const obey = (line: string) => {
    const parsed = parseCommand(line);
    if (!parsed) {
      context.warn(`Can't read the logging command in the line below. Its form is ##vso[area.command name=value;]text`);
      output.print(line);
      return;
    }
    const { area, event, name } = parsed;
    const command = findCommand(area, event);
    if (!command) {
      context.warn(`##vso[${name}] is not a logging command that is known here. The line is ignored.`);
      return;
    }
    if (restricted && !command.inRestrictedMode) {
      context.warn(`##vso[${name}] is not allowed: the step's target has commands: restricted. The line is ignored.`);
      return;
    }
    try {
      command.run(context, parsed.properties, parsed.data);
    } catch (error) {
      failCommand(state, `Unable to process command ##vso[${name}]: ${messageOf(error)}`);
    }
  };

  return {
    lines(lines) {
      // One look at the whole piece is much cheaper than one a line; a command may add a secret, so it looks again.
      let mayHold = masker.finds(lines.join('\n'));
      for (const line of lines) {
        if (looksLikeCommand(line)) {
          obey(line);
          mayHold = true;
        } else if (mayHold) output.print(line);
        else output.printPlain(line);
      }
    },
    part(text) {
      // A command is obeyed whole or not at all: the value of a secret must not go out as text because it is long.
      if (looksLikeCommand(text)) {
        if (text.length <= longestCommand) return 'wait';
        failCommand(
          state,
          `A logging command is longer than ${longestCommand} characters and was ignored. Hand large values over in a file.`,
        );
        return 'drop';
      }
      const { masked, taken } = masker.maskPart(text);
      if (taken === 0) return 'wait';
      output.printPlain(masked);
      return taken;
    },
  };
}

/** Prints an error, keeps it as an issue and fails the step. */
export function failCommand(state: StepState, message: string): void {
  state.output.print(`##[error]${message}`);
  state.addIssue({ type: 'error', category: 'General', message });
  state.merge('failed');
}

function commandContext(
  scope: JobScope,
  state: StepState,
  target: JobStep['target'],
  onDone: () => void,
): CommandContext {
  const { variables, masker, uploads } = scope;
  const { step, output } = state;
  const settable = target?.settableVariables?.allowed;
  return {
    step,
    variables,
    get debug() {
      return variables.get('system.debug')?.toLowerCase() === 'true';
    },
    ...(settable ? { settable } : {}),
    addSecret: (value) => masker.add(value),
    print: (line) => output.print(line),
    warn(message) {
      output.print(`##[warning]${message}`);
      state.addIssue({ type: 'warning', category: 'General', message });
    },
    addIssue: (issue) => state.addIssue(issue),
    complete(result, operation, done) {
      state.merge(result);
      if (operation) uploads.record({ id: step.id, currentOperation: masker.mask(operation) });
      if (done) onDone();
    },
    setOutput: (name, value, secret) => state.setOutput(name, value, secret),
    setTaskVariable: (name, value) => void state.taskVariables.set(name, value),
    prependPath(folder) {
      const at = scope.prependedPath.indexOf(folder);
      if (at >= 0) scope.prependedPath.splice(at, 1);
      scope.prependedPath.unshift(folder);
    },
    setEndpoint: (id, field, key, value) => changeEndpoint(scope.endpoints, id, field, key, value),
    record: (update) =>
      uploads.record({
        ...update,
        ...(update.name ? { name: masker.mask(update.name) } : {}),
        ...(update.currentOperation ? { currentOperation: masker.mask(update.currentOperation) } : {}),
      }),
    attach(type, name, file) {
      const shown = masker.mask(name);
      checkAttachmentName('type', type);
      checkAttachmentName('name', shown);
      uploads.attachment(step.id, type, shown, maskedContent(masker, readSendableFile(file)));
    },
    later: (work) => state.later(work),
    server: scope.commandServer,
  };
}

/** Text goes out masked; bytes that aren't text go out as they are. */
function maskedContent(masker: Masker, content: Buffer): Buffer {
  if (content.includes(0)) return content;
  const text = content.toString('utf8');
  return masker.finds(text) ? Buffer.from(masker.mask(text)) : content;
}

function changeEndpoint(endpoints: JobEndpoint[], id: string, field: string, key: string, value: string): void {
  const at = endpoints.findIndex((one) => one.id.toLowerCase() === id.toLowerCase());
  const found = endpoints[at];
  if (!found) throw new Error(`This job has no service connection with the id '${id}'.`);
  if (field === 'url') endpoints[at] = { ...found, url: value };
  else if (field === 'dataparameter') endpoints[at] = { ...found, data: { ...found.data, [key]: value } };
  else {
    const authorization = { ...found.authorization, parameters: { ...found.authorization.parameters, [key]: value } };
    endpoints[at] = { ...found, authorization };
  }
}
