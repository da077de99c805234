import { StringDecoder } from 'node:string_decoder';

/** A line without an end is let out in pieces from this many characters on. */
const longestLine = 256 * 1024;

/** What is to be done with the beginning of a line that has no end yet: it waits, all of the line is dropped, or so many characters went out. */
export type PartTaken = 'wait' | 'drop' | number;

/**
 * Splits a stream of bytes into lines. `whole` gets the complete lines of each piece at once, without line ends; `part` is asked how much
 * of an endless line may go out, and gets it out itself.
 */
export function createLineSplitter(receivers: { whole(lines: string[]): void; part(text: string): PartTaken }): {
  write(bytes: Buffer): void;
  end(): void;
} {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let dropping = false;
  const take = (piece: string) => {
    let text = piece;
    if (dropping) {
      const end = text.indexOf('\n');
      if (end < 0) return;
      dropping = false;
      text = text.slice(end + 1);
    }
    const end = text.lastIndexOf('\n');
    if (end < 0) {
      rest += text;
    } else {
      const lines = (rest + text.slice(0, end)).split('\n');
      rest = text.slice(end + 1);
      receivers.whole(lines.map(withoutReturn));
    }
    while (rest.length > longestLine) {
      const taken = receivers.part(rest);
      if (taken === 'wait') break;
      if (taken === 'drop') {
        dropping = true;
        rest = '';
      } else rest = rest.slice(Math.max(1, taken));
    }
  };
  return {
    write: (bytes) => take(decoder.write(bytes)),
    end() {
      take(decoder.end());
      if (rest !== '') receivers.whole([withoutReturn(rest)]);
      rest = '';
    },
  };
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
