import type { CliIo } from '../io.ts';
import { createPlainLines } from './plain-lines.ts';
import { type RunView, renderTree } from './run-tree.ts';
import { wantsColour } from './style.ts';
import { createTerminalScreen } from './terminal-screen.ts';

/** Shows a run's progress on standard error. */
export type RunReporter = {
  update(view: RunView): void;
  /** Prints a line that stays. */
  note(line: string): void;
  /** Shows the run's end in full and gives the terminal back. */
  finish(view: RunView | undefined): void;
};

/** Fast enough for a spinner, slow enough for a slow link. */
const FRAME_MS = 100;

/** A live tree where standard error is a terminal, else lines that are only added. */
export function createRunReporter(io: CliIo, now: () => number = Date.now): RunReporter {
  return io.stderr.isTTY === true && io.env['TERM'] !== 'dumb' ? treeReporter(io, now) : plainReporter(io);
}

function treeReporter(io: CliIo, now: () => number): RunReporter {
  const screen = createTerminalScreen(io.stderr);
  const colour = wantsColour(io.stderr, io.env);
  let view: RunView | undefined;
  const draw = (rows: number) => {
    if (view) screen.draw(renderTree(view, { columns: (io.stderr.columns || 80) - 1, rows, now: now(), colour }));
  };
  // The window's size is read at each frame, so a resize shows within one.
  const timer = setInterval(() => draw(Math.max(4, (io.stderr.rows || 24) - 1)), FRAME_MS);
  timer.unref();
  return {
    update(next) {
      const first = view === undefined;
      view = next;
      if (first) draw(Math.max(4, (io.stderr.rows || 24) - 1));
    },
    note(line) {
      screen.print([line]);
    },
    finish(last) {
      clearInterval(timer);
      if (last) {
        view = last;
        draw(Number.MAX_SAFE_INTEGER);
      }
      screen.close();
    },
  };
}

function plainReporter(io: CliIo): RunReporter {
  const news = createPlainLines();
  const tell = (view: RunView) => {
    for (const line of news(view)) io.stderr.write(`${line}\n`);
  };
  return {
    update: tell,
    note(line) {
      io.stderr.write(`${line}\n`);
    },
    finish(view) {
      if (view) tell(view);
    },
  };
}
