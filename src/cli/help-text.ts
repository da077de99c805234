import type { CommandDefinition, OptionDefinition } from './command.ts';

/** The names and summaries of all commands, with the way on. */
export function overview(
  version: string,
  commands: readonly { readonly name: string; readonly summary: string }[],
): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  return [
    `Millrace ${version}: Azure Pipelines and Azure Machine Learning on your own machines.`,
    '',
    'Usage: millrace COMMAND [ARGUMENTS]',
    '',
    ...commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    "'millrace help COMMAND' tells more. Exit codes: 0 succeeded, 1 failed, 2 usage or an invalid pipeline, 5 canceled, 130 interrupted.",
    '',
  ].join('\n');
}

/** A command's own help. */
export function commandHelp(definition: CommandDefinition): string {
  const positionals = definition.positionals ?? [];
  const options = definition.options ?? [];
  const usage = [
    `Usage: millrace ${definition.name}`,
    ...positionals.map((one) => (one.required ? one.name : `[${one.name}]`)),
    ...(definition.raw ? ['ARGUMENTS'] : options.length > 0 ? ['[OPTIONS]'] : []),
  ].join(' ');
  const lines = [definition.summary, '', usage, ''];
  if (definition.description) lines.push(definition.description, '');
  const rows = [
    ...positionals.map((one) => [one.name, one.summary] as const),
    ...options.map((one) => [optionForm(one), one.summary] as const),
  ];
  if (rows.length > 0) {
    const width = Math.max(...rows.map(([form]) => form.length));
    lines.push(...rows.map(([form, summary]) => `  ${form.padEnd(width)}  ${summary}`), '');
  }
  lines.push(
    'Examples:',
    ...definition.examples.flatMap((example) => [`  ${example.line}`, `      ${example.says}`]),
    '',
  );
  return lines.join('\n');
}

function optionForm(option: OptionDefinition): string {
  const value = option.value === undefined ? '' : ` ${option.value}`;
  return `${option.short ? `-${option.short}, ` : ''}--${option.name}${value}${option.repeatable ? ' …' : ''}`;
}
