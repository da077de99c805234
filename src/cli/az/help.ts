import { GLOBAL_ARGUMENTS } from './arguments.ts';
import type { Argument, Command } from './command.ts';

const WIDTH = 100;

/** A command's help, laid out as az lays out its own. */
export function commandHelp(command: Command): string {
  const own = command.arguments.filter((argument) => !argument.hidden);
  const shadowed = new Set(own.flatMap((argument) => argument.options));
  const global = GLOBAL_ARGUMENTS.filter((argument) => !argument.options.some((option) => shadowed.has(option)));
  const nameWidth = Math.max(...[...own, ...global].map((argument) => nameOf(argument).length));
  const parts = [
    '',
    'Command',
    ...wrap(`az ${command.name} : ${command.summary}`, 4, 8),
    ...(command.description ? wrap(command.description, 8, 8) : []),
    '',
  ];
  const ordered = own.toSorted(
    (a, b) => Number(b.required ?? false) - Number(a.required ?? false) || nameOf(a).localeCompare(nameOf(b)),
  );
  if (ordered.length) parts.push('Arguments', ...ordered.flatMap((argument) => argumentLines(argument, nameWidth)), '');
  parts.push('Global Arguments', ...global.flatMap((argument) => argumentLines(argument, nameWidth)), '');
  if (command.examples?.length) {
    parts.push('Examples');
    for (const example of command.examples) parts.push(...wrap(example.text, 4, 4), ...wrap(example.command, 8, 8), '');
  }
  return `${parts.join('\n')}\n`;
}

function nameOf(argument: Argument): string {
  const name = argument.options.length ? argument.options.join(' ') : argument.name.toUpperCase();
  return argument.required ? `${name} [Required]` : name;
}

function argumentLines(argument: Argument, nameWidth: number): string[] {
  const choices = argument.choices ? `  Allowed values: ${argument.choices.join(', ')}.` : '';
  const lead = `    ${nameOf(argument).padEnd(nameWidth)} : `;
  const [first = '', ...rest] = wrap(`${argument.help}${choices}`, lead.length, lead.length);
  return [lead + first.trimStart(), ...rest];
}

/** A group's help: its subgroups and commands with a line each. */
export function groupHelp(
  name: string,
  subgroups: ReadonlyMap<string, string>,
  commands: ReadonlyMap<string, string>,
): string {
  const parts = ['', 'Group', `    az${name ? ` ${name}` : ''}`, ''];
  const list = (title: string, entries: ReadonlyMap<string, string>) => {
    if (entries.size === 0) return;
    const size = Math.max(...[...entries.keys()].map((key) => key.length));
    parts.push(title);
    for (const [key, summary] of [...entries].toSorted(([a], [b]) => a.localeCompare(b))) {
      const lead = `    ${key.padEnd(size)} : `;
      const [first = '', ...rest] = wrap(summary, lead.length, lead.length);
      parts.push(lead + first.trimStart(), ...rest);
    }
    parts.push('');
  };
  list('Subgroups:', subgroups);
  list('Commands:', commands);
  return `${parts.join('\n')}\n`;
}

function wrap(text: string, firstIndent: number, indent: number): string[] {
  const lines: string[] = [];
  let line = ' '.repeat(firstIndent);
  let empty = true;
  for (const word of text.split(/\s+/)) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = ' '.repeat(indent);
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}
