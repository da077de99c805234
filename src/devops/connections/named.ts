import type { TaskManifest } from '../../contracts/task.ts';
import { expandMacros } from '../../language/expressions/index.ts';
import { type PlanStep, ruleHolds } from '../../language/index.ts';

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
  const value = (name: string) => {
    const other = manifest.inputs.find((input) => input.name.toLowerCase() === name.toLowerCase());
    const written = inputOf(step.inputs, name, other?.aliases ?? []);
    return expandMacros(written ?? other?.defaultValue ?? '', lookup);
  };
  return manifest.inputs.flatMap((input) => {
    const type = /^connectedService:([^:]+)/i.exec(input.type)?.[1];
    // A rule of which nothing can be said yet hides nothing: the connection may be asked for.
    if (type === undefined || ruleHolds(input.visibleRule, value) === false) return [];
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
