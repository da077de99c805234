import type { TimelineRecord } from '../client/wire.ts';
import { elapsed, formatDuration } from './duration.ts';
import { formatLogLine } from './log-line.ts';
import { type RunNode, runNodes } from './run-nodes.ts';
import { createStyle, type Style } from './style.ts';
import { fitText, plainText, textWidth } from './text-width.ts';

/** A run at one moment. */
export type RunView = {
  /** Run number and pipeline. */
  readonly title: string;
  readonly status: 'pending' | 'inProgress' | 'cancelling' | 'completed';
  readonly result?: 'succeeded' | 'partiallySucceeded' | 'failed' | 'canceled';
  readonly startTime?: string | null;
  readonly finishTime?: string | null;
  readonly records: readonly TimelineRecord[];
  /** Last log lines of running steps, by record id, as the server wrote them. */
  readonly tails: ReadonlyMap<string, readonly string[]>;
};

export type FrameOptions = {
  readonly columns: number;
  /** Lines that the frame may take; a taller tree is folded. */
  readonly rows: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly colour: boolean;
};

const SPINNER = [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'];
/** The times stand in one column, no farther right than this: the eye has to find its way back to the name. */
const MAX_WIDTH = 88;
const TAIL_LINES = 3;

type Fold = { readonly done: boolean; readonly waiting: boolean; readonly tail: number };

/** From everything shown to the least; the first that fits is taken. */
const FOLDS: readonly Fold[] = [
  { done: false, waiting: false, tail: TAIL_LINES },
  { done: true, waiting: false, tail: TAIL_LINES },
  { done: true, waiting: true, tail: TAIL_LINES },
  { done: true, waiting: true, tail: 1 },
  { done: true, waiting: true, tail: 0 },
];

/**
 * Draws a run as a tree of stages, jobs, steps and ML steps with states and times; the last log lines stand below a running step.
 * Pure: the same view and frame give the same lines. No line is wider than `columns`, and there are at most `rows` of them.
 */
export function renderTree(view: RunView, frame: FrameOptions): string[] {
  const nodes = runNodes(view.records);
  const style = createStyle(frame.colour);
  let lines: Line[] = [];
  for (const fold of FOLDS) {
    lines = [
      titleLine(view, frame, style),
      ...nodes.flatMap((node) => nodeLines(node, 1, { view, frame, style, fold })),
    ];
    if (lines.length <= frame.rows) break;
  }
  return cut(lines, frame.rows, style).map(({ text }) => {
    // Only a very narrow terminal gets here with a line that is too wide: it does without colours.
    const plain = plainText(text);
    return textWidth(plain) <= frame.columns ? text : fitText(plain, frame.columns);
  });
}

type Line = { readonly text: string; readonly running?: boolean };
type Context = { readonly view: RunView; readonly frame: FrameOptions; readonly style: Style; readonly fold: Fold };

function nodeLines(node: RunNode, depth: number, context: Context): Line[] {
  const { record } = node;
  const { view, frame, style, fold } = context;
  const lines: Line[] = [recordLine(node, depth, frame, style)];
  const failed = record.result === 'failed' || record.result === 'abandoned';
  if (failed && record.type === 'Task') lines.push(...issueLines(record, depth, frame, style));
  const isJob = record.type === 'Job' || record.type === 'Phase';
  if (isJob && fold.done && record.state === 'completed' && !failed) return lines;
  if (isJob && fold.waiting && record.state === 'pending') return lines;
  if (record.state === 'inProgress') {
    const tail = view.tails.get(record.id) ?? [];
    for (const line of fold.tail > 0 ? tail.slice(-fold.tail) : []) {
      const room = frame.columns - depth * 2 - 4;
      const text = fitText(formatLogLine(line, createStyle(false)), room);
      lines.push({ text: `${' '.repeat(depth * 2)}  ${style.dim(`│ ${text}`)}` });
    }
  }
  lines.push(...node.children.flatMap((child) => nodeLines(child, depth + 1, context)));
  return lines;
}

function titleLine(view: RunView, frame: FrameOptions, style: Style): Line {
  const time = elapsed(view, frame.now);
  const state = view.status === 'cancelling' ? ' canceling' : '';
  const glyph =
    view.status === 'completed'
      ? glyphOf({ state: 'completed', result: view.result ?? null }, frame.now, style)
      : glyphOf({ state: view.status === 'pending' ? 'pending' : 'inProgress' }, frame.now, style);
  return { text: row(glyph, plainText(view.title), state, time, 0, frame, style, style.bold) };
}

function recordLine(node: RunNode, depth: number, frame: FrameOptions, style: Style): Line {
  const { record } = node;
  const timeless = record.state === 'pending' || record.result === 'skipped' || record.type === 'Millrace.Notice';
  const time = timeless ? undefined : elapsed(record, frame.now);
  const quiet = record.state === 'pending' || record.result === 'skipped';
  const paint = quiet ? style.dim : (text: string) => text;
  const text = row(
    glyphOf(record, frame.now, style),
    plainText(node.name),
    noteOf(record),
    time,
    depth,
    frame,
    style,
    paint,
  );
  return { text, running: record.state === 'inProgress' };
}

/** One line: indentation, glyph, name, a note, and the time at the right. */
function row(
  glyph: string,
  name: string,
  note: string,
  time: number | undefined,
  depth: number,
  frame: FrameOptions,
  style: Style,
  paint: (text: string) => string,
): string {
  const width = Math.min(frame.columns, MAX_WIDTH);
  const clock = time === undefined ? '' : formatDuration(time);
  // A narrow terminal keeps the names and gives up depth: the indentation stops growing.
  const indent = Math.min(depth * 2, Math.max(0, Math.floor(width / 3)));
  const room = width - indent - 2 - (clock === '' ? 0 : clock.length + 2);
  if (room < 4) return `${glyph} ${paint(fitText(name, width - 2))}`;
  const fitted = fitText(name, room);
  const noteText = fitText(note, room - textWidth(fitted));
  const gap = ' '.repeat(Math.max(0, room - textWidth(fitted) - textWidth(noteText)));
  const tail = clock === '' ? '' : `${gap}  ${style.dim(clock)}`;
  return `${' '.repeat(indent)}${glyph} ${paint(fitted)}${style.dim(noteText)}${tail}`;
}

function noteOf(record: TimelineRecord): string {
  const notes: string[] = [];
  if (record.state === 'inProgress' && record.currentOperation) notes.push(plainText(record.currentOperation));
  if (record.state === 'inProgress' && record.percentComplete) notes.push(`${record.percentComplete}%`);
  if (record.result === 'canceled' || record.result === 'abandoned' || record.result === 'skipped')
    notes.push(record.result);
  const warnings = record.type === 'Task' ? (record.warningCount ?? 0) : 0;
  if (warnings > 0) notes.push(warnings === 1 ? '1 warning' : `${warnings} warnings`);
  return notes.length === 0 ? '' : `  ${notes.join(', ')}`;
}

function issueLines(record: TimelineRecord, depth: number, frame: FrameOptions, style: Style): Line[] {
  const errors = (record.issues ?? []).filter((issue) => issue.type === 'error').slice(0, 2);
  return errors.map((issue) => {
    const text = plainText(issue.message.split('\n')[0] ?? '');
    return { text: `${' '.repeat(depth * 2)}  ${style.red(fitText(text, frame.columns - depth * 2 - 2))}` };
  });
}

type Look = { readonly state: string; readonly result?: string | null };

function glyphOf(look: Look, now: number, style: Style): string {
  if (look.state === 'pending') return style.dim('○');
  if (look.state === 'inProgress') return style.blue(SPINNER[Math.floor(now / 100) % SPINNER.length] as string);
  switch (look.result) {
    case 'succeeded':
      return style.green('✓');
    case 'succeededWithIssues':
    case 'partiallySucceeded':
      return style.yellow('!');
    case 'failed':
      return style.red('✗');
    case 'skipped':
      return style.dim('–');
    case 'canceled':
      return style.yellow('■');
    case 'abandoned':
      return style.red('?');
    default:
      return '·';
  }
}

/** Keeps the title and the lines around the last running one, and says how many are hidden above and below. */
function cut(lines: readonly Line[], rows: number, style: Style): readonly Line[] {
  if (lines.length <= rows) return lines;
  const [title, ...rest] = lines;
  if (!title || rows <= 3) return lines.slice(0, Math.max(1, rows));
  const room = rows - 3;
  const running = rest.findLastIndex((line) => line.running);
  const focus = running < 0 ? rest.length - 1 : running;
  const start = Math.min(Math.max(0, focus - room + 2), rest.length - room);
  const above = start;
  const below = rest.length - start - room;
  return [
    title,
    { text: above > 0 ? style.dim(`  … ${above} more above`) : '' },
    ...rest.slice(start, start + room),
    { text: below > 0 ? style.dim(`  … ${below} more below`) : '' },
  ];
}
