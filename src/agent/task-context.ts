import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { JobEndpoint } from '../contracts/agent.ts';
import type { TaskContext, TaskManifest, TaskRepository, TaskServer } from '../contracts/task.ts';
import { scriptEnvironment } from './environment.ts';
import { isTrue } from './inputs.ts';
import { createLineSplitter } from './lines.ts';
import type { Processes } from './processes.ts';
import type { JobScope, OutputReader } from './run-commands.ts';
import type { StepState } from './step-state.ts';

export type TaskContextParts = {
  readonly scope: JobScope;
  readonly state: StepState;
  readonly reader: OutputReader;
  readonly manifest: TaskManifest;
  readonly inputs: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly processes: Processes;
  readonly server: TaskServer;
  readonly repositories: readonly TaskRepository[];
  readonly signal: AbortSignal;
  readonly atJobEnd: (action: () => Promise<void>) => void;
};

/** What a quiet program may print. */
const largestQuietOutput = 64 * 1024 * 1024;

/** Makes what a task may do, for one try of one step. */
export function createTaskContext(parts: TaskContextParts): TaskContext {
  const { scope, state, reader, manifest, inputs, processes, signal } = parts;
  const { variables, masker } = scope;
  const byName = new Map(Object.entries(inputs).map(([name, value]) => [name.toLowerCase(), value]));
  const input = (name: string) => byName.get(name.toLowerCase()) ?? '';
  const environment = scriptEnvironment(parts.environment);
  const which = (program: string): string | undefined => findProgram(program, environment['PATH'] ?? '');
  const issue = (type: 'error' | 'warning', message: string) => {
    state.output.print(`##[${type}]${message}`);
    state.addIssue({ type, category: 'General', message });
  };

  return {
    input,
    booleanInput: (name) => isTrue(input(name)),
    requiredInput(name) {
      const value = input(name);
      if (value === '') throw new Error(`The input '${name}' of ${manifest.name} is required. Write it under inputs.`);
      return value;
    },
    linesInput: (name) =>
      input(name)
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== ''),
    endpoint(name) {
      const value = input(name);
      if (value === '') return undefined;
      const found = findEndpoint(scope.endpoints, value);
      if (!found) {
        throw new Error(
          `The service connection '${value}' of the input '${name}' is not among those of this job. ` +
            'Check its name, and that the pipeline may use it.',
        );
      }
      return found;
    },
    variable: (name) => variables.get(name),
    setVariable(name, value, options = {}) {
      if (options.secret) masker.add(value);
      if (options.output) {
        variables.set(`${state.step.name}.${name}`, value, { secret: options.secret ?? false, readOnly: true });
        state.setOutput(name, value, options.secret ?? false);
      } else variables.set(name, value, { secret: options.secret ?? false });
    },
    setSecret: (value) => masker.add(value),
    prependPath(folder) {
      const at = scope.prependedPath.indexOf(folder);
      if (at >= 0) scope.prependedPath.splice(at, 1);
      scope.prependedPath.unshift(folder);
    },
    environment,
    print: (line) => state.output.print(line),
    warning: (message) => issue('warning', message),
    error: (message) => issue('error', message),
    debug(message) {
      if (isTrue(variables.get('system.debug'))) state.output.print(`##[debug]${message}`);
    },
    which,
    async exec(file, args, options = {}) {
      const env = options.env ? withOptions(environment, options.env) : environment;
      const program = file.includes('/') ? file : findProgram(file, env['PATH'] ?? '');
      if (!program) throw new Error(`The program '${file}' is not on PATH. Install it, or put its folder on PATH.`);
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      let quietBytes = 0;
      const collect = (into: Buffer[], bytes: Buffer) => {
        quietBytes += bytes.length;
        if (quietBytes <= largestQuietOutput) into.push(bytes);
      };
      const splitter = () =>
        createLineSplitter({ whole: (lines) => reader.lines(lines), part: (text) => reader.part(text) });
      const outLines = splitter();
      const errorLines = splitter();
      const end = await processes.run({
        file: program,
        args,
        cwd: options.cwd || variables.get('System.DefaultWorkingDirectory') || '/',
        env,
        ...(options.input === undefined ? {} : { input: options.input }),
        onStdout: (bytes) => (options.quiet ? collect(stdout, bytes) : outLines.write(bytes)),
        onStderr(bytes) {
          options.onStderr?.(bytes.toString('utf8'));
          if (options.quiet) collect(stderr, bytes);
          else errorLines.write(bytes);
        },
        room: () => scope.uploads.room(),
        signal,
      });
      outLines.end();
      errorLines.end();
      if (end.heldOpen) {
        state.output.print(
          `##[warning]'${file}' has ended, but a process that it started in the background still holds its output. What that prints from now on is lost; redirect it to a file.`,
        );
      }
      return {
        exitCode: end.exitCode,
        stdout: Buffer.concat(stdout).toString('utf8'),
        stderr: Buffer.concat(stderr).toString('utf8'),
      };
    },
    signal,
    server: parts.server,
    repositories: parts.repositories,
    atJobEnd: parts.atJobEnd,
  };
}

/** A connection by its id or its name, in any case. */
export function findEndpoint(endpoints: readonly JobEndpoint[], idOrName: string): JobEndpoint | undefined {
  const wanted = idOrName.toLowerCase();
  return (
    endpoints.find((one) => one.id.toLowerCase() === wanted) ??
    endpoints.find((one) => one.name.toLowerCase() === wanted)
  );
}

function withOptions(
  environment: Readonly<Record<string, string>>,
  added: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const result: Record<string, string> = { ...environment };
  for (const [name, value] of Object.entries(added)) {
    if (value === undefined) delete result[name];
    else result[name] = value;
  }
  return result;
}

/** The first file of that name on PATH that may be executed. */
function findProgram(program: string, path: string): string | undefined {
  for (const folder of path.split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const file = join(folder, program);
    try {
      // A look that throws costs ten times one that answers, and most folders of a PATH don't have the file.
      if (!statSync(file, { throwIfNoEntry: false })?.isFile()) continue;
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not for us to see or to execute.
    }
  }
  return undefined;
}
