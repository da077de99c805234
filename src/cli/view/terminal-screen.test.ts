import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTerminalScreen } from './terminal-screen.ts';

/** A terminal that knows the few sequences that the screen writes; rows without end, so nothing scrolls away. */
function createTerminal(columns: number) {
  const rows: string[][] = [[]];
  let [row, column] = [0, 0];
  let visible = true;
  let writes = 0;
  return {
    columns,
    write(text: string) {
      writes++;
      for (const [, sequence, character] of text.matchAll(/(\x1b\[\??[\d;]*[A-Za-z])|([\s\S])/g)) {
        if (character === '\r') column = 0;
        else if (character === '\n') [row, column] = [row + 1, 0];
        else if (character !== undefined) {
          if (column === columns) [row, column] = [row + 1, 0];
          rows[row] ??= [];
          (rows[row] as string[])[column++] = character;
        } else if (sequence === '\x1b[K') rows[row]?.splice(column);
        else if (sequence === '\x1b[J') {
          rows[row]?.splice(column);
          rows.splice(row + 1);
        } else if (sequence === '\x1b[?25l') visible = false;
        else if (sequence === '\x1b[?25h') visible = true;
        else if (sequence?.endsWith('A')) row -= Number(sequence.slice(2, -1));
        else assert.ok(sequence === '\x1b[?2026h' || sequence === '\x1b[?2026l', `unknown ${JSON.stringify(sequence)}`);
        assert.ok(row >= 0, 'the cursor stays on the screen');
        rows[row] ??= [];
      }
    },
    shown: () => rows.map((cells) => Array.from(cells, (cell) => cell ?? ' ').join('')),
    cursorVisible: () => visible,
    writes: () => writes,
  };
}

test('a frame replaces the one before, be it longer or shorter', () => {
  const terminal = createTerminal(20);
  const screen = createTerminalScreen(terminal);
  terminal.write('$ millrace run\r\n');
  screen.draw(['one', 'two', 'three']);
  assert.deepEqual(terminal.shown(), ['$ millrace run', 'one', 'two', 'three', '']);
  assert.equal(terminal.cursorVisible(), false);
  screen.draw(['1']);
  assert.deepEqual(terminal.shown(), ['$ millrace run', '1', '']);
  screen.draw(['a', 'longer line', 'c', 'd']);
  screen.close();
  assert.deepEqual(terminal.shown(), ['$ millrace run', 'a', 'longer line', 'c', 'd', '']);
  assert.equal(terminal.cursorVisible(), true);
});

test('the same frame again writes nothing; each other one is a single write', () => {
  const terminal = createTerminal(20);
  const screen = createTerminalScreen(terminal);
  screen.draw(['x', 'y']);
  screen.draw(['x', 'y']);
  assert.equal(terminal.writes(), 1);
  screen.draw(['x', 'z']);
  assert.equal(terminal.writes(), 2);
});

test('what is printed stays above the frame', () => {
  const terminal = createTerminal(20);
  const screen = createTerminalScreen(terminal);
  screen.draw(['tree', 'leaf']);
  screen.print(['a note']);
  screen.draw(['tree', 'leaf fallen']);
  screen.close();
  assert.deepEqual(terminal.shown(), ['a note', 'tree', 'leaf fallen', '']);
});

test('lines that a narrower window has wrapped are all replaced', () => {
  // A line of 25 columns lies on three rows of a terminal that has 10.
  const terminal = createTerminal(10);
  const screen = createTerminalScreen(terminal);
  screen.draw(['x'.repeat(25), 'y'.repeat(25)]);
  screen.draw(['short']);
  assert.deepEqual(terminal.shown(), ['short', '']);
});

test('a screen that drew nothing leaves the terminal alone', () => {
  const terminal = createTerminal(20);
  createTerminalScreen(terminal).close();
  assert.equal(terminal.writes(), 0);
});
