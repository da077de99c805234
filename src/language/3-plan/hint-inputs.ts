import { editDistance } from '../../kernel/edit-distance.ts';
import { nearest } from '../../kernel/nearest.ts';
import { childOf, type Mapping, type Node } from '../1-read/node.ts';
import type { DiagnosticCode, Problems } from '../diagnostics.ts';
import type { ServiceTask, TaskManifestLike } from './task-catalog.ts';

/** Tells of inputs that the task of a step, which is here, doesn't have: no run looks at them. @param label `Bash@3` */
export function hintInputs(
  step: Mapping,
  label: string,
  manifest: TaskManifestLike,
  /** Asked only where the manifest doesn't know an input: the service's task may have it. */
  known: () => ServiceTask | undefined,
  problems: Problems,
): void {
  const own = manifest.inputs.flatMap((input) => [...(input.aliases ?? []), input.name]);
  const unknown = notAmong(own, step);
  if (unknown.length === 0) return;
  const names = [...own, ...(known()?.inputs ?? []).map((input) => input.name)];
  for (const input of notAmong(names, step))
    tell(problems, input.place, 'task-input-unknown', label, input.name, ...near(input.name, names));
}

/**
 * Tells what looks wrong with the inputs of a task that isn't here, with care: an input may be newer than what is known, or go by
 * another of its names, and one that is written empty is meant so.
 */
export function hintInputsOfUnbuilt(step: Mapping, label: string, task: ServiceTask, problems: Problems): void {
  const names = task.inputs.map((input) => input.name);
  const unknown = notAmong(names, step);
  for (const { name, place } of unknown) {
    const [meant] = near(name, names);
    if (meant !== undefined && editDistance(name.toLowerCase(), meant.toLowerCase()) <= 2)
      tell(problems, place, 'task-input-unknown', label, name, meant);
  }
  if (unknown.length > 0) return;
  const given = new Set(inputsOf(step).map(({ name }) => name.toLowerCase()));
  const missing = task.inputs.filter(({ name, required }) => required && !given.has(name.toLowerCase()));
  if (missing.length > 0) {
    const list = missing.map(({ name }) => `'${name}'`).join(', ');
    tell(problems, childOf(step, 'task') ?? step, 'task-input-expected', label, list);
  }
}

type Given = { readonly name: string; readonly place: Node };

function inputsOf(step: Mapping): Given[] {
  const inputs = childOf(step, 'inputs');
  if (inputs?.kind !== 'mapping') return [];
  return inputs.entries.flatMap(({ key }) => (key.kind === 'scalar' ? [{ name: key.text, place: key }] : []));
}

function notAmong(names: readonly string[], step: Mapping): Given[] {
  const known = new Set(names.map((name) => name.toLowerCase()));
  return inputsOf(step).filter(({ name }) => !known.has(name.toLowerCase()));
}

/** The name that was meant, if one is near. */
function near(written: string, names: readonly string[]): string[] {
  const lower = names.map((name) => name.toLowerCase());
  const found = nearest(written.toLowerCase(), lower);
  return found === undefined ? [] : [names[lower.indexOf(found)]!];
}

/** The list of problems has an end: a hint is not to take the room of an error. */
const mostWithHints = 100;

/** Once for each place: of a template it is told once, however often it is used. */
function tell(
  problems: Problems,
  { file, line, column }: Node,
  code: DiagnosticCode,
  ...holes: readonly string[]
): void {
  const isTold = problems.list.some(
    (one) => one.code === code && one.file === file && one.line === line && one.column === column,
  );
  if (!isTold && problems.list.length < mostWithHints) problems.at({ file, line, column }, code, ...holes);
}
