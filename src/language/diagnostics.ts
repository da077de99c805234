import { visibleText } from '../kernel/visible-text.ts';
import type { Place } from './1-read/node.ts';

/** What the service adds, as recorded, to a problem of which it makes an accident; of no use to a person. */
const ACCIDENT = '\nObject reference not set to an instance of an object.';

/**
 * Every problem the compiler can report: its text with numbered holes, what a person may do next (with holes of its own, and left
 * out where one isn't filled), and the anchor that explains it in the documentation.
 */
export const diagnosticTexts = {
  'anchors-not-supported': {
    text: "Anchors are not currently supported. Remove the anchor '{0}'",
    tail: ACCIDENT,
    hint: 'Write the value where it is needed, or bring it in by a variable, a parameter or a template.',
    anchor: 'anchors',
  },
  'syntax-error': { text: '{0}', anchor: 'syntax' },
  'document-expected-end': { text: 'Expected stream end parse event', anchor: 'documents' },
  'file-too-large': { text: 'Maximum file size of {0} bytes exceeded', anchor: 'limits' },
  'too-many-files': { text: 'Maximum file count of {0} exceeded', anchor: 'limits' },
  'too-deep': { text: 'Maximum object depth exceeded', anchor: 'limits' },
  'too-large': { text: 'Maximum object size exceeded', anchor: 'limits' },
  'too-many-events': {
    text: 'Maximum events exceeded while evaluating the template. This may indicate an infinite loop or too many nested loops.',
    anchor: 'limits',
  },
  'already-defined': { text: "'{0}' is already defined", anchor: 'duplicate-keys' },
  'unexpected-value': { text: "Unexpected value '{0}'", hint: '{1}', anchor: 'unexpected-value' },
  'mapping-not-expected': { text: 'A mapping was not expected', anchor: 'shapes' },
  'sequence-not-expected': { text: 'A sequence was not expected', anchor: 'shapes' },
  'mapping-expected': { text: 'Expected a mapping', anchor: 'shapes' },
  // What becomes of a body that is no mapping, in the service's own words.
  'evaluation-broken': {
    text: 'Object reference not set to an instance of an object.',
    hint: 'Nothing behind the directive whose body is wrong was looked at.',
    anchor: 'directives',
  },
  // The line ends are the service's.
  'evaluation-misled': {
    text: 'Expected end of template object. State:\r\n\r\n{0}',
    hint: 'Nothing behind the branch without an `if` was looked at.',
    anchor: 'directives',
  },
  'sequence-expected': { text: 'Expected a sequence', anchor: 'shapes' },
  'scalar-expected': { text: 'Expected a scalar value', anchor: 'shapes' },
  'pair-expected': { text: 'Expected at least one key-value pair in the mapping', anchor: 'shapes' },
  'not-enough-keys': {
    text: "There's not enough info to determine what you meant. Add one of these properties: {0}",
    anchor: 'shapes',
  },
  'expression-not-closed': {
    text: 'The expression is not closed. An unescaped ${{ sequence was found, but the closing }} sequence was not found.',
    anchor: 'expressions',
  },
  'expression-invalid': { text: '{0}', anchor: 'expressions' },
  'expression-failed': { text: '{0}', anchor: 'expressions' },
  'expression-not-allowed': { text: 'A template expression is not allowed in this context', anchor: 'expressions' },
  'directive-in-text': {
    text: "The directive '{0}' is not allowed in this context. Directives are not supported for expressions that are embedded within a string. Directives are only supported when the entire value is an expression.",
    anchor: 'directives',
  },
  'directive-parameters': {
    text: "Exactly {0} parameter(s) were expected following the directive '{1}'. Actual parameter count: {2}",
    anchor: 'directives',
  },
  'directive-not-supported': {
    text: "The expression directive '{0}' is not supported in this context",
    anchor: 'directives',
  },
  'each-format': {
    text: "The value '{0}' is unexpected. The expected format of an 'each' expression is: ${ each <identifier> in <value> }",
    anchor: 'each',
  },
  // The misspelling is the service's.
  'each-name-taken': { text: "The idenfifier '{0}' has already been defined within the current scope", anchor: 'each' },
  'each-collection': { text: "Expected a sequence or mapping. Actual value '{0}'", anchor: 'each' },
  'parameter-not-valid': { text: "The '{0}' parameter value '{1}' is not a valid {2}.", anchor: 'parameters' },
  'parameter-wrong-shape': { text: "The '{0}' parameter is not a valid {1}.", anchor: 'parameters' },
  'parameter-not-allowed': {
    text: "The '{0}' parameter value '{1}' is not a valid value.",
    hint: '{2}',
    anchor: 'parameters',
  },
  'parameter-missing': { text: "A value for the '{0}' parameter must be provided.", hint: '{1}', anchor: 'parameters' },
  'parameter-unexpected': {
    text: "Unexpected parameter '{0}'",
    hint: 'The pipeline declares {1}.',
    anchor: 'parameters',
  },
  'parameter-not-yaml': {
    text: "The '{0}' parameter is not a valid {1}.",
    hint: 'Its text is neither YAML nor JSON: {2}',
    anchor: 'parameters',
  },
  'parameter-declared-twice': {
    text: "The '{0}' parameter is declared more than once in the parameter list.",
    anchor: 'parameters',
  },
  'system-variable': { text: "Cannot override system variable '{0}'", anchor: 'variables' },
  'template-path-invalid': {
    text: 'The file path {0} is invalid',
    hint: 'A template lies inside its repository, whose top is the folder that the pipeline is run in.',
    anchor: 'templates',
  },
  'template-not-found': {
    text: 'File {0}.',
    hint: 'A path is written from the folder of the file that names it, or with / in front from the top of the repository.',
    anchor: 'templates',
  },
  'template-repository-unknown': {
    text: 'No repository found by name {0}',
    hint: 'Declare it under resources: repositories, or leave @{0} out for a file of this repository.',
    anchor: 'templates',
  },
  'repository-not-found': {
    text: 'The repository {0} in project {1} could not be retrieved. Verify the name and credentials being used and permissions.',
    hint: 'Say which folder holds it: --repository {2}=DIR.',
    anchor: 'repositories',
  },
  'condition-invalid': { text: '{0}', isWhole: true, anchor: 'conditions' },
  'step-condition-invalid': {
    text: 'Job {0}: Step {1} specifies condition {2} which is not valid. Reason: {3}',
    isWhole: true,
    anchor: 'conditions',
  },
  'root-variable-invalid': {
    text: 'An error occurred while loading the YAML build pipeline. {0}',
    isWhole: true,
    anchor: 'variables',
  },
  'stage-name-invalid': { text: 'Stage {0} has an invalid name. {1}', anchor: 'names' },
  'job-name-invalid': { text: '{0} has an invalid name. {1}', anchor: 'names' },
  'step-name-invalid': { text: 'Job {0}: Step {1} has an invalid name. {2}', anchor: 'names' },
  'stage-duplicate': {
    text: 'The stage name {0} appears more than once. Stage names must be unique within a pipeline.',
    anchor: 'names',
  },
  'job-duplicate': { text: '{0}', anchor: 'names' },
  'step-duplicate': {
    text: 'Job {0}: The step name {1} appears more than once. Step names must be unique within a job.',
    anchor: 'names',
  },
  'stage-dependency-unknown': { text: 'Stage {0} depends on unknown stage {1}.', anchor: 'dependencies' },
  'job-dependency-unknown': { text: '{0} depends on unknown job {1}.', anchor: 'dependencies' },
  'stage-cycle': {
    text: 'Stage {0} depends on stage {1} which creates a cycle in the dependency graph.',
    anchor: 'dependencies',
  },
  'job-cycle': {
    text: '{0} depends on job {1} which creates a cycle in the dependency graph.',
    anchor: 'dependencies',
  },
  'no-start-stage': {
    text: 'The pipeline must contain at least one stage with no dependencies.',
    anchor: 'dependencies',
  },
  'no-start-job': { text: '{0} must contain at least one job with no dependencies.', anchor: 'dependencies' },
  'task-missing': {
    text: "A task is missing. The pipeline references a task called '{0}'. This usually indicates the task isn't installed, and you may be able to install it from the Marketplace: https://marketplace.visualstudio.com. (Task version {1}, job '{2}', step '{3}'.)",
    hint: 'Correct the name and the version, or do the same by a script step; docs/compatibility.md lists the tasks that are there.',
    anchor: 'tasks',
  },
  'task-wrong-target': {
    text: "Job {0}: Step {1} references task '{2}' at version '{3}' which is not valid for the given job target.",
    hint: 'Tasks of the server run in jobs with pool: server, all others in jobs of agents.',
    anchor: 'tasks',
  },
  'task-reference-invalid': {
    text: 'Job {0}: Step {1} has an invalid task definition reference. A valid task definition reference must specify either an ID or a name and a version specification with a major version specified.',
    hint: 'Write the task as name@version, Bash@3 for example.',
    anchor: 'tasks',
  },
  'task-input-missing': {
    text: "Job {0}: Step {1} has no value for the required input '{2}' of the task {3}.",
    anchor: 'tasks',
  },
  /** Never errors: the service looks at the inputs of a task when the task runs. */
  'task-input-unknown': {
    text: "No input '{1}' of the task {0} is known",
    hint: "Did you mean '{2}'?",
    anchor: 'tasks',
  },
  'task-input-expected': { text: 'The task {0} has no value for {1}, which it needs', anchor: 'tasks' },
  // The name is left blank by the service itself.
  'group-not-found': {
    text: 'An error occurred while loading the YAML build pipeline. Variable group  was not found or is not authorized for use. For authorization details, refer to https://aka.ms/yamlauthz.',
    anchor: 'resources',
  },
  'group-without-values': {
    text: "The pipeline names the variable group '{0}', and no value of it was given",
    hint: 'Give its values, each with the option --group {0}:NAME=VALUE.',
    anchor: 'resources',
  },
  'environment-not-found': {
    text: 'Job {0}: Environment {1} could not be found. The environment does not exist or has not been authorized for use.',
    anchor: 'resources',
  },
  'pool-not-found': {
    text: 'Could not find a pool with name {0}. The pool does not exist or has not been authorized for use. For authorization details, refer to https://aka.ms/yamlauthz.',
    hint: 'Correct the name, or run without --strict: then this machine stands in for the pool.',
    anchor: 'resources',
  },
  'connection-not-found': {
    text: 'Job {0}: Step {1} input {2} references service connection {3} which could not be found. The service connection does not exist or has not been authorized for use. For authorization details, refer to https://aka.ms/yamlauthz.',
    hint: 'Correct the name, create the connection, or run without --strict once, which makes it.',
    anchor: 'resources',
  },
  'environment-required': { text: 'Job {0}: Environment is required.', anchor: 'deployments' },
  'rolling-invalid': { text: '{0}', anchor: 'deployments' },
  'container-unknown': {
    text: 'A container resource with name {0} could not be found. The container resource does not exist. If you intended to specify an image, use NAME:TAG or NAME@DIGEST. For example, ubuntu:latest',
    anchor: 'containers',
  },
  'package-unknown': { text: 'Cannot find package resource for {0}', anchor: 'resources' },
  'checkout-repository-unknown': {
    text: "The checkout step references the repository '{0}' which is not defined by the pipeline",
    anchor: 'repositories',
  },
  'too-many-legs': { text: 'The job would have {0} slices; at most {1} are supported', anchor: 'limits' },
  'no-runtime-expression': {
    text: "'{0}' is not a valid expression. Expressions must be enclosed with '$[' and ']'.",
    anchor: 'unexpected-value',
  },
  'not-a-number': { text: "The value '{1}' of '{0}' is not a whole number from 0", anchor: 'unexpected-value' },
  /** Never an error: the text is the service's, as its users quote it; when and where the service says it isn't known. */
  'cron-unreadable': {
    text: "Improperly formed cron syntax: '{0}'",
    hint: 'No run starts by this schedule: {1}.',
    anchor: 'schedules',
  },
  'not-implemented': { text: 'not implemented: {0}', anchor: 'not-implemented' },
  /** Never an error: the run goes on without. */
  'not-looked-at': { text: 'not looked at: {0}: {1}', anchor: 'not-implemented' },
} as const satisfies Record<string, DiagnosticText>;

type DiagnosticText = {
  readonly text: string;
  readonly anchor: string;
  readonly tail?: string;
  /** Recorded: what is said of runtime expressions is never cut. */
  readonly isWhole?: true;
  readonly hint?: string;
};

export type DiagnosticCode = keyof typeof diagnosticTexts;

/** One problem of a pipeline. */
export type Diagnostic = {
  readonly code: DiagnosticCode;
  readonly severity: 'error' | 'warning';
  /** The text alone. */
  readonly message: string;
  /** The whole text as the service answers it: file and position in front, cut at 500 characters. */
  readonly text: string;
  /** What a person may do about it. */
  readonly hint?: string;
  readonly file?: string;
  /** Counted from 1. */
  readonly line?: number;
  /** Counted from 1. */
  readonly column?: number;
};

const longestText = 500;
/** The service's answer stops at ten; so that an editor sees more, the compiler goes on much further. */
const mostReported = 500;
const mostAnswered = 10;

/** Collects the problems of a compilation. */
export type Problems = {
  /** A problem at a place of a file. */
  at(place: Place, code: DiagnosticCode, ...holes: string[]): void;
  /** A problem for which the service names the file alone; a place says where in it a person should look. */
  inFile(where: string | Place, code: DiagnosticCode, ...holes: string[]): void;
  /** A problem without a place in the service's text; `place` says where a person should look. */
  plain(code: DiagnosticCode, holes: readonly string[], place?: Place): void;
  /** Adds a finished diagnostic. */
  add(diagnostic: Diagnostic): void;
  readonly list: readonly Diagnostic[];
};

/** Makes an empty collection. */
export function collectProblems(): Problems {
  const list: Diagnostic[] = [];
  const add = (diagnostic: Diagnostic) => {
    if (list.length < mostReported) list.push(diagnostic);
  };
  const make = (
    code: DiagnosticCode,
    holes: readonly string[],
    prefix: (text: string) => string,
    place?: Partial<Place>,
  ) => add(makeDiagnostic(code, holes, place, prefix));
  return {
    list,
    add,
    at: (place, code, ...holes) =>
      make(code, holes, (text) => `${place.file} (Line: ${place.line}, Col: ${place.column}): ${text}`, place),
    inFile(where, code, ...holes) {
      const place = typeof where === 'string' ? { file: where } : where;
      make(code, holes, (text) => `${place.file}: ${text}`, place);
    },
    plain: (code, holes, place) => make(code, holes, (text) => text, place),
  };
}

/**
 * One problem as data.
 * @param place where a person should look
 * @param prefix makes the service's text of the message; without it, neither file nor place stand in that
 */
export function makeDiagnostic(
  code: DiagnosticCode,
  holes: readonly string[],
  place: Partial<Place> = {},
  prefix: (text: string) => string = (text) => text,
): Diagnostic {
  const entry: DiagnosticText = diagnosticTexts[code];
  const message = fill(entry.text, holes);
  const hint = fill(entry.hint ?? '', holes);
  const { file, line, column } = place;
  return {
    code,
    severity: 'error',
    message,
    text: entry.isWhole ? prefix(message) : cut(prefix(`${message}${entry.tail ?? ''}`)),
    // A hint with a hole that nothing fills would say less than none.
    ...(hint === '' || /\{\d\}/.test(hint) ? {} : { hint }),
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
}

function fill(text: string, holes: readonly string[]): string {
  return text.replace(/\{(\d)\}/g, (hole, index: string) => holes[Number(index)] ?? hole);
}

function cut(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}[...]` : text;
}

/** The service's one answer for several problems: the first ten, a line each. */
export function serviceMessage(diagnostics: readonly Diagnostic[]): string {
  return diagnostics
    .filter((one) => one.severity === 'error')
    .slice(0, mostAnswered)
    .map((one) => one.text)
    .join('\n');
}

/** The longest message, and the longest line of a file, that a terminal is shown. */
const longestShown = 1000;
const longestLine = 160;

/**
 * A problem for a terminal: `file:line:column: message`, with the file's text the line itself with a caret below, then what to
 * do. Whatever the file holds, nothing of it steers the terminal, and long text is cut.
 * @param source the text of `diagnostic.file`
 */
export function formatDiagnostic(diagnostic: Diagnostic, source?: string): string {
  const { file, line, column, hint } = diagnostic;
  const place = [file?.replace(/^\//, ''), line, column].filter((part) => part !== undefined).join(':');
  const head = `${place ? `${visibleText(place)}: ` : ''}${visibleText(diagnostic.message, longestShown)}`;
  const shown = line === undefined ? undefined : source?.split(/\r\n|\n|\r/)[line - 1];
  const lines = [head];
  if (shown?.trim()) {
    // Long lines are cut around the column, tabs kept so that the caret stands under its character.
    const start = Math.max(0, (column ?? 1) - longestLine / 2);
    const before = visibleText(shown.slice(start, (column ?? 1) - 1));
    const rest = visibleText(shown.slice((column ?? 1) - 1, start + longestLine));
    lines.push(`  ${before}${rest}`, `  ${before.replace(/[^\t]/g, ' ')}^`);
  }
  if (hint !== undefined) lines.push(`  ${visibleText(hint, longestShown)}`);
  return lines.join('\n');
}
