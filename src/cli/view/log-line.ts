import type { Style } from './style.ts';
import { plainText } from './text-width.ts';

/** A log line without the time at its front (`2026-01-31T12:00:00.1234567Z text`). */
function withoutTime(line: string): string {
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

/** What script tasks print before they run the script, as the public ones do. */
const BANNER = /^=+ Starting Command Output =+$/;

/**
 * The lines of a step's log that its own program wrote: without the header that names the task, what the task says before it runs the
 * program, and blank or closing lines.
 */
export function ownLines(lines: readonly string[]): string[] {
  const rule = '='.repeat(78);
  const plain = lines.map(withoutTime);
  const first = plain.indexOf(rule);
  const second = first < 0 ? -1 : plain.indexOf(rule, first + 1);
  const start =
    second < 0
      ? 0
      : Math.max(
          second,
          plain.findIndex((line, at) => at > second && BANNER.test(line)),
        ) + 1;
  // Commands right after the header or a banner are the task's; others may be the program's own words.
  let isPreamble = start > 0;
  return lines.slice(start).filter((_line, at) => {
    const text = plain[start + at] as string;
    if (BANNER.test(text)) isPreamble = true;
    else if (!text.startsWith('##[command]')) isPreamble = false;
    return !isPreamble && text.trim() !== '' && !/^##\[(section\](Starting|Finishing): |endgroup\])/.test(text);
  });
}
