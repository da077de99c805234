/** The values that a command's expressions take. */
export type RenderValues = {
  /** Path, URI or literal text by input name; absent for an optional input without a value. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
};

const OPTIONAL = /\$\[\[(.*?)\]\]/gs;
const REFERENCE = /\$\{\{\s*(inputs|outputs)\.([\w.-]+?)\s*\}\}/g;

/**
 * Renders a command: `$[[ … ]]` stays (without its brackets) only when every input named in it has a value; then
 * `${{inputs.x}}` and `${{outputs.x}}` become their text, unquoted, as documented. Other expressions stay as written.
 */
export function renderCommand(command: string, values: RenderValues): string {
  const textOf = (area: string, name: string) => (area === 'inputs' ? values.inputs : values.outputs)[name];
  const kept = command.replace(OPTIONAL, (_whole, inner: string) =>
    [...inner.matchAll(REFERENCE)].every((match) => textOf(match[1] as string, match[2] as string) !== undefined)
      ? inner
      : '',
  );
  return kept.replace(REFERENCE, (whole, area: string, name: string) => textOf(area, name) ?? whole);
}

/** The names that a command reads of inputs and outputs outside of optional brackets: they must all have a value. */
export function requiredReferences(command: string): { area: 'inputs' | 'outputs'; name: string }[] {
  return [...command.replace(OPTIONAL, '').matchAll(REFERENCE)].map((match) => ({
    area: match[1] as 'inputs' | 'outputs',
    name: match[2] as string,
  }));
}
