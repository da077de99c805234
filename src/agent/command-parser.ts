/** A logging command of one line of output. Property names are in lower case. */
export type ParsedCommand = {
  readonly area: string;
  readonly event: string;
  /** Both as they were written: a message must not show a secret in another case, which no mask knows. */
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
};

const start = '##vso[';

/** Whether a line may hold a command: the cheap look before parsing. */
export function looksLikeCommand(line: string): boolean {
  return line.includes(start);
}

/**
 * Parses `##vso[area.event name=value;name=value]data`, anywhere in a line (documented; details from the agent's source): the
 * first `]` ends the header; properties are split at `;`, each at its first `=`; escapes `%3B %0D %0A %5D`, then `%AZP25`.
 * @returns undefined when the text is no command; the caller warns and prints the line as it is
 */
export function parseCommand(line: string): ParsedCommand | undefined {
  const open = line.indexOf(start);
  const close = line.indexOf(']', open);
  if (open < 0 || close < 0) return undefined;
  const header = line.slice(open + start.length, close).trim();
  const blank = header.search(/\s/);
  const name = blank < 0 ? header : header.slice(0, blank);
  const parts = name.split('.');
  if (parts.length !== 2 || parts[0] === '' || parts[1] === '') return undefined;
  const properties: Record<string, string> = Object.create(null);
  for (const piece of blank < 0 ? [] : header.slice(blank).split(';')) {
    const equals = piece.indexOf('=');
    if (equals <= 0) continue;
    const key = piece.slice(0, equals).trim().toLowerCase();
    if (key !== '') properties[key] = unescapeText(piece.slice(equals + 1));
  }
  return {
    area: (parts[0] as string).toLowerCase(),
    event: (parts[1] as string).toLowerCase(),
    name,
    properties,
    data: unescapeText(line.slice(close + 1)),
  };
}

function unescapeText(text: string): string {
  if (!text.includes('%')) return text;
  return text
    .replaceAll('%3B', ';')
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%5D', ']')
    .replaceAll('%AZP25', '%');
}
