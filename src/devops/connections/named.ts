import type { TaskManifest } from '../../contracts/task.ts';
import { expandMacros } from '../../language/expressions/index.ts';
import type { PlanStep } from '../../language/index.ts';

/** A service connection that a step's input names, macros expanded as far as they are known. */
export type NamedConnection = {
  readonly input: string;
  /** The type that the task asks for: `AzureRM`, `generic`, … as its manifest spells it. */
  readonly type: string;
  readonly name: string;
};

/**
 * The service connections that a step names: each non-empty input whose manifest type is `connectedService:…`.
 * Inputs whose rule of visibility is not met name nothing.
 * @param lookup variables that are known
 */
export function connectionsOf(
  step: PlanStep,
  manifest: TaskManifest,
  lookup: (name: string) => string | undefined,
): NamedConnection[] {
  return manifest.inputs.flatMap((input) => {
    const type = /^connectedService:([^:]+)/i.exec(input.type)?.[1];
    if (type === undefined || !isVisible(input.visibleRule, step, manifest)) return [];
    const written = inputOf(step.inputs, input.name, input.aliases ?? [])?.trim();
    if (!written) return [];
    const names = expandMacros(written, lookup)
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    return names.map((name) => ({ input: input.name, type, name }));
  });
}

/** An input's text by name or alias, ignoring case. */
export function inputOf(
  inputs: Readonly<Record<string, string>>,
  name: string,
  aliases: readonly string[],
): string | undefined {
  const wanted = [name, ...aliases].map((one) => one.toLowerCase());
  return Object.entries(inputs).find(([key]) => wanted.includes(key.toLowerCase()))?.[1];
}

/** Reads rules of the one form that decides between connections: `other = value` (joined by `&&`). Others count as met. */
function isVisible(rule: string | undefined, step: PlanStep, manifest: TaskManifest): boolean {
  if (!rule) return true;
  return rule.split('&&').every((part) => {
    const match = /^\s*(\w+)\s*(=|!=)\s*(\S+)\s*$/.exec(part);
    if (!match) return true;
    const [, name = '', operator, wanted] = match;
    const other = manifest.inputs.find((input) => input.name.toLowerCase() === name.toLowerCase());
    const value = inputOf(step.inputs, name, other?.aliases ?? []) ?? other?.defaultValue ?? '';
    return (value.toLowerCase() === wanted?.toLowerCase()) === (operator === '=');
  });
}
