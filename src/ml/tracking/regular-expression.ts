import { invalid, limitExceeded, notImplemented } from '../../kernel/errors.ts';
import { type Node, parseExpression, type Test } from './regular-expression-syntax.ts';

const PATTERN_LIMIT = 1000;
/** What the pattern becomes: `a{1000}` is a thousand of these. */
const PROGRAM_LIMIT = 2000;
/** Steps that one filter may cost a search: well below a second. */
const WORK_LIMIT = 30_000_000;

type Instruction =
  | { readonly kind: 'one'; readonly test: Test }
  | { readonly kind: 'assert'; readonly where: Where }
  /** Goes on at both places. */
  | { kind: 'split'; first: number; second: number }
  | { kind: 'jump'; to: number }
  | { readonly kind: 'found' };
type Where = Extract<Node, { kind: 'assert' }>['where'];

/**
 * Makes a search for a regular expression in the syntax of Python, which is what the reference server matches by: whether it fits anywhere in a text. All ways
 * of fitting are followed at once, character by character, so that no pattern takes more than its own length times the text's; and what one search may cost
 * altogether is bounded.
 * @throws invalid for what is no expression; not-implemented for what can't be matched so: references back, and looking ahead and behind.
 *   The search throws limit when its texts together cost too much
 */
export function regularExpression(pattern: string): (text: string) => boolean {
  if (pattern.length > PATTERN_LIMIT)
    throw invalid(`A regular expression has at most ${PATTERN_LIMIT} characters, found ${pattern.length}.`, {
      target: 'filter',
    });
  const parsed = parseExpression(pattern);
  if ('unbuilt' in parsed)
    throw notImplemented(`${parsed.unbuilt} in a regular expression: '${pattern.slice(0, 200)}'`);
  if ('fault' in parsed)
    throw invalid(
      `'${pattern.slice(0, 200)}' is no regular expression: ${parsed.fault}. RLIKE takes those of Python's re; a character that is meant as it is comes after a \\.`,
      { target: 'filter' },
    );
  const program = compile(parsed.node, pattern);
  let work = WORK_LIMIT;
  return (text) =>
    search(program, text, (steps) => {
      work -= steps;
      if (work < 0)
        throw limitExceeded(
          `RLIKE '${pattern.slice(0, 200)}' takes too long over what the other clauses leave: narrow them, by timestamp_ms for instance, or use LIKE.`,
        );
    });
}

function compile(root: Node, pattern: string): readonly Instruction[] {
  const program: Instruction[] = [];
  const put = (instruction: Instruction): void => {
    if (program.length >= PROGRAM_LIMIT)
      throw invalid(`The repetitions of '${pattern.slice(0, 200)}' come to more than ${PROGRAM_LIMIT} characters.`, {
        target: 'filter',
      });
    program.push(instruction);
  };
  const optional = (inside: () => void): void => {
    const split = { kind: 'split' as const, first: program.length + 1, second: 0 };
    put(split);
    inside();
    split.second = program.length;
  };
  const write = (node: Node): void => {
    switch (node.kind) {
      case 'one':
      case 'assert':
        put(node);
        return;
      case 'sequence':
        for (const part of node.parts) write(part);
        return;
      case 'either': {
        const ends = node.branches.slice(1).map(() => ({ kind: 'jump' as const, to: 0 }));
        for (const [at, branch] of node.branches.entries()) {
          const end = ends[at];
          if (!end) write(branch);
          else
            optional(() => {
              write(branch);
              put(end);
            });
        }
        for (const end of ends) end.to = program.length;
        return;
      }
      case 'repeat': {
        for (let time = 0; time < node.least; time++) write(node.of);
        if (node.most === undefined) {
          const begin = program.length;
          optional(() => {
            write(node.of);
            put({ kind: 'jump', to: begin });
          });
          return;
        }
        for (let time = node.least; time < node.most; time++) optional(() => write(node.of));
        return;
      }
    }
  };
  write(root);
  put({ kind: 'found' });
  return program;
}

function search(program: readonly Instruction[], text: string, spend: (steps: number) => void): boolean {
  /** At which character each place was reached last, so that it is followed once. */
  const reached = new Int32Array(program.length).fill(-1);
  let current: number[] = [];
  let next: number[] = [];
  const open: number[] = [];
  let steps = 0;
  /** Follows what needs no character; true when the expression fits. */
  const follow = (from: number, at: number, into: number[]): boolean => {
    open.push(from);
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      steps++;
      if (reached[place] === at) continue;
      reached[place] = at;
      const instruction = program[place] as Instruction;
      if (instruction.kind === 'one') into.push(place);
      else if (instruction.kind === 'jump') open.push(instruction.to);
      else if (instruction.kind === 'split') open.push(instruction.second, instruction.first);
      else if (instruction.kind === 'found') return true;
      else if (holds(instruction.where, text, at)) open.push(place + 1);
    }
    return false;
  };
  for (let at = 0; ; ) {
    if (follow(0, at, current)) return true;
    if (at >= text.length) return false;
    const character = text.codePointAt(at) as number;
    at += character > 0xffff ? 2 : 1;
    spend(steps + current.length + 1);
    steps = 0;
    for (const place of current) {
      if ((program[place] as { test: Test }).test(character) && follow(place + 1, at, next)) return true;
    }
    [current, next] = [next, current];
    next.length = 0;
  }
}

function holds(where: Where, text: string, at: number): boolean {
  switch (where) {
    case 'begin':
      return at === 0;
    case 'end':
      return at === text.length;
    case 'last-line-end':
      return at === text.length || (at === text.length - 1 && text[at] === '\n');
    case 'line-begin':
      return at === 0 || text[at - 1] === '\n';
    case 'line-end':
      return at === text.length || text[at] === '\n';
    case 'word-edge':
      return wordAt(text, at) !== wordAt(text, at - 1);
    case 'no-word-edge':
      return text.length > 0 && wordAt(text, at) === wordAt(text, at - 1);
  }
}

const WORD = /[\p{L}\p{N}_]/u;
const wordAt = (text: string, at: number) => at >= 0 && WORD.test(characterAt(text, at));
function characterAt(text: string, at: number): string {
  const second = at > 0 && /[\udc00-\udfff]/.test(text[at] ?? '');
  return String.fromCodePoint(text.codePointAt(second ? at - 1 : at) ?? 0);
}
