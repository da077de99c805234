import type { TextSink } from '../io.ts';
import { plainText, textWidth } from './text-width.ts';

/** The lower part of a terminal, drawn over and over in place. */
export type TerminalScreen = {
  /** Replaces what was drawn before. The same lines again write nothing. */
  draw(lines: readonly string[]): void;
  /** Prints lines that stay, above what is drawn. */
  print(lines: readonly string[]): void;
  /** Leaves what is drawn where it is and gives the cursor back. */
  close(): void;
};

/**
 * Takes a terminal's lower part. Each frame goes out as one write between the marks of a synchronised update, lines are
 * overwritten rather than cleared first, and the cursor is hidden: nothing flickers. Call `close` on every way out.
 */
export function createTerminalScreen(sink: TextSink): TerminalScreen {
  let drawn: readonly string[] = [];
  let hidden = false;

  const put = (text: string) => {
    const hide = hidden ? '' : '\x1b[?25l';
    hidden = true;
    sink.write(`\x1b[?2026h${hide}${text}\x1b[?2026l`);
  };

  return {
    draw(lines) {
      if (lines.length === drawn.length && lines.every((line, index) => line === drawn[index])) return;
      put(`${toTop(drawn, sink.columns)}${body(lines)}\x1b[J`);
      drawn = [...lines];
    },
    print(lines) {
      if (lines.length === 0) return;
      put(`${toTop(drawn, sink.columns)}${body([...lines, ...drawn])}\x1b[J`);
    },
    close() {
      if (hidden) sink.write('\x1b[?25h');
      hidden = false;
      drawn = [];
    },
  };
}

/** Every line ends with a line feed, so that the cursor always waits below the frame. */
function body(lines: readonly string[]): string {
  return lines.map((line) => `${line}\x1b[K\n`).join('');
}

/** Moves to the first line drawn. After the window got narrower, a line that was drawn takes several rows. */
function toTop(drawn: readonly string[], columns: number | undefined): string {
  const width = columns && columns > 0 ? columns : 80;
  const rows = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(textWidth(plainText(line)) / width)), 0);
  return rows === 0 ? '\r' : `\r\x1b[${rows}A`;
}
