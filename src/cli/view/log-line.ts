import type { Style } from './style.ts';
import { plainText } from './text-width.ts';

/** A log line without the time at its front (`2026-01-31T12:00:00.1234567Z text`). */
export function withoutTime(line: string): string {
  return line.replace(/^\uFEFF?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z ?/, '');
}

/** A log line as a terminal shows it: no time, no control characters, tags like `##[error]` as colours. */
export function formatLogLine(line: string, style: Style): string {
  const text = plainText(withoutTime(line));
  const tagged = /^##\[(\w+)\](.*)$/.exec(text);
  const rest = tagged?.[2] ?? '';
  switch (tagged?.[1]) {
    case 'error':
      return style.red(`error: ${rest}`);
    case 'warning':
      return style.yellow(`warning: ${rest}`);
    case 'section':
      return style.green(rest);
    case 'command':
      return style.blue(rest);
    case 'debug':
      return style.dim(rest);
    case 'group':
      return style.bold(rest);
    case 'endgroup':
      return '';
    default:
      return text;
  }
}

/** The lines of a step's log that its own program wrote: without the header that names the task, and blank or closing lines. */
export function ownLines(lines: readonly string[]): string[] {
  const rule = '='.repeat(78);
  const plain = lines.map(withoutTime);
  const first = plain.indexOf(rule);
  const second = first < 0 ? -1 : plain.indexOf(rule, first + 1);
  return lines
    .slice(second + 1)
    .filter((line) => !/^##\[(section\](Starting|Finishing): |endgroup\])/.test(withoutTime(line)))
    .filter((line) => withoutTime(line).trim() !== '');
}
