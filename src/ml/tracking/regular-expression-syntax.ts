/** Whether a character, by its code point, is one of those meant. */
export type Test = (character: number) => boolean;

export type Node =
  | { readonly kind: 'one'; readonly test: Test }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'either'; readonly branches: readonly Node[] }
  | { readonly kind: 'repeat'; readonly of: Node; readonly least: number; readonly most: number | undefined }
  | {
      readonly kind: 'assert';
      readonly where: 'begin' | 'end' | 'last-line-end' | 'line-begin' | 'line-end' | 'word-edge' | 'no-word-edge';
    };

type Flags = { readonly ignoreCase: boolean; readonly lines: boolean; readonly dotAll: boolean };

/** Reading stops by throwing one of these. */
class Stop extends Error {
  readonly unbuilt: boolean;
  constructor(reason: string, unbuilt = false) {
    super(reason);
    this.unbuilt = unbuilt;
  }
}

const DEPTH_LIMIT = 200;
const REPEAT_LIMIT = 1000;

/**
 * Reads a regular expression of Python's `re` (its documentation): everything that decides whether a text fits, without what needs to remember what was
 * found or to look elsewhere.
 * @returns the expression; or `fault`, why it is none; or `unbuilt`, what it needs that is not there
 */
export function parseExpression(
  pattern: string,
): { readonly node: Node } | { readonly fault: string } | { readonly unbuilt: string } {
  const reader = new Reader(pattern);
  try {
    return { node: reader.whole() };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return error.unbuilt ? { unbuilt: error.message } : { fault: error.message };
  }
}

class Reader {
  private readonly characters: readonly string[];
  private at = 0;
  private depth = 0;

  constructor(pattern: string) {
    this.characters = [...pattern];
  }

  whole(): Node {
    let flags: Flags = { ignoreCase: false, lines: false, dotAll: false };
    // Flags for all of it stand at its begin.
    for (;;) {
      const word = /^\(\?([a-zA-Z]+)\)/.exec(this.rest(12))?.[1];
      if (word === undefined) break;
      flags = this.changed(flags, word);
      this.at += word.length + 3;
    }
    const node = this.either(flags);
    if (this.at < this.characters.length) throw new Stop(`a ')' closes nothing at ${this.at + 1}`);
    return node;
  }

  private rest(length: number): string {
    return this.characters.slice(this.at, this.at + length).join('');
  }

  private eat(text: string): boolean {
    if (this.rest(text.length) !== text) return false;
    this.at += text.length;
    return true;
  }

  private take(what: string): string {
    const one = this.characters[this.at++];
    if (one === undefined) throw new Stop(`${what} is missing at its end`);
    return one;
  }

  private changed(flags: Flags, letters: string): Flags {
    const [on = '', off = ''] = letters.split('-');
    const unknown = [...on, ...off].find((one) => !'ismu'.includes(one));
    if (unknown !== undefined) throw new Stop(`the flag '${unknown}'`, 'axL'.includes(unknown));
    const flag = (letter: string, before: boolean) => (before || on.includes(letter)) && !off.includes(letter);
    return {
      ignoreCase: flag('i', flags.ignoreCase),
      lines: flag('m', flags.lines),
      dotAll: flag('s', flags.dotAll),
    };
  }

  private either(flags: Flags): Node {
    const branches = [this.sequence(flags)];
    while (this.eat('|')) branches.push(this.sequence(flags));
    return branches.length === 1 ? (branches[0] as Node) : { kind: 'either', branches };
  }

  private sequence(flags: Flags): Node {
    const parts: Node[] = [];
    for (;;) {
      const next = this.characters[this.at];
      if (next === undefined || next === '|' || next === ')') return { kind: 'sequence', parts };
      const part = this.atom(flags);
      if (part) parts.push(this.repeated(part));
    }
  }

  private repeated(part: Node): Node {
    const count = this.count();
    if (!count) return part;
    if (part.kind === 'assert') throw new Stop(`nothing to repeat before ${this.at}`);
    if (this.eat('+')) throw new Stop('possessive repetition', true);
    // Which of several ways to fit is taken makes no difference to whether there is one.
    this.eat('?');
    const before = this.at;
    if (this.count()) throw new Stop(`a repetition is repeated at ${before + 1}`);
    return { kind: 'repeat', of: part, ...count };
  }

  private count(): { least: number; most: number | undefined } | undefined {
    if (this.eat('*')) return { least: 0, most: undefined };
    if (this.eat('+')) return { least: 1, most: undefined };
    if (this.eat('?')) return { least: 0, most: 1 };
    // Braces that say no number are characters.
    const braces = /^\{(?:(\d+)|(\d*),(\d*))\}/.exec(this.rest(30));
    if (!braces) return undefined;
    this.at += braces[0].length;
    const least = Number(braces[1] ?? (braces[2] || 0));
    const most = braces[1] !== undefined ? least : braces[3] === '' ? undefined : Number(braces[3]);
    if (most !== undefined && most < least) throw new Stop(`{${least},${most}} has its greater number first`);
    if (Math.max(least, most ?? 0) > REPEAT_LIMIT)
      throw new Stop(`a repetition is of at most ${REPEAT_LIMIT} times here`);
    return { least, most };
  }

  private atom(flags: Flags): Node | undefined {
    const one = this.take('a character');
    switch (one) {
      case '(':
        return this.group(flags);
      case '[':
        return this.set(flags);
      case '.':
        return { kind: 'one', test: flags.dotAll ? () => true : (character) => character !== 10 };
      case '^':
        return { kind: 'assert', where: flags.lines ? 'line-begin' : 'begin' };
      case '$':
        return { kind: 'assert', where: flags.lines ? 'line-end' : 'last-line-end' };
      case '*':
      case '+':
      case '?':
        throw new Stop(`nothing to repeat at ${this.at}`);
      case '\\':
        return this.escape(flags);
      default:
        return character(one.codePointAt(0) as number, flags);
    }
  }

  private group(flags: Flags): Node | undefined {
    let inside = flags;
    if (this.eat('?')) {
      if (this.eat('#')) {
        while (this.take("a ')'") !== ')');
        return undefined;
      }
      if (/^<?[=!]/.test(this.rest(2))) throw new Stop('looking ahead or behind', true);
      if (this.rest(1) === '>') throw new Stop('an atomic group', true);
      if (this.rest(1) === '(') throw new Stop('a condition', true);
      if (this.rest(2) === 'P=') throw new Stop('a reference back', true);
      const name = /^P<([^>]*)>/.exec(this.rest(200));
      const letters = /^([a-zA-Z]*(?:-[a-zA-Z]+)?):/.exec(this.rest(20));
      if (name) {
        if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name[1] as string)) throw new Stop(`'${name[1]}' is no name of a group`);
        this.at += [...name[0]].length;
      } else if (letters) {
        inside = this.changed(flags, letters[1] as string);
        this.at += letters[0].length;
      } else throw new Stop(`'(?${this.rest(1)}' begins no group`);
    }
    if (++this.depth > DEPTH_LIMIT) throw new Stop(`groups lie in each other at most ${DEPTH_LIMIT} deep here`);
    const node = this.either(inside);
    this.depth--;
    if (!this.eat(')')) throw new Stop("a ')' is missing");
    return node.kind === 'assert' ? { kind: 'sequence', parts: [node] } : node;
  }

  private escape(flags: Flags): Node {
    const letter = this.take("what comes after the '\\'");
    switch (letter) {
      case 'A':
        return { kind: 'assert', where: 'begin' };
      case 'Z':
        return { kind: 'assert', where: 'end' };
      case 'b':
        return { kind: 'assert', where: 'word-edge' };
      case 'B':
        return { kind: 'assert', where: 'no-word-edge' };
    }
    if (/[1-9]/.test(letter)) throw new Stop('a reference back', true);
    const kind = KINDS[letter];
    return kind ? { kind: 'one', test: kind } : character(this.escaped(letter), flags);
  }

  /** The character that an escape means. */
  private escaped(letter: string): number {
    const plain = CONTROLS[letter];
    if (plain !== undefined) return plain;
    const digits = letter === 'x' ? 2 : letter === 'u' ? 4 : letter === 'U' ? 8 : 0;
    if (digits > 0) {
      const hex = this.rest(digits);
      if (hex.length < digits || !/^[0-9a-fA-F]+$/.test(hex) || Number.parseInt(hex, 16) > 0x10ffff)
        throw new Stop(`\\${letter} is followed by ${digits} digits`);
      this.at += digits;
      return Number.parseInt(hex, 16);
    }
    if (letter === '0') {
      const octal = /^[0-7]{0,2}/.exec(this.rest(2))?.[0] ?? '';
      this.at += octal.length;
      return Number.parseInt(`0${octal}`, 8);
    }
    if (/[a-zA-Z0-9]/.test(letter)) throw new Stop(`'\\${letter}' means nothing`);
    return letter.codePointAt(0) as number;
  }

  private set(flags: Flags): Node {
    const negated = this.eat('^');
    const tests: Test[] = [];
    for (let first = true; first || this.rest(1) !== ']'; first = false) {
      const low = this.member();
      if (typeof low === 'function') {
        tests.push(low);
        continue;
      }
      if (this.rest(1) !== '-' || this.rest(2) === '-]') {
        tests.push(range(low, low, flags));
        continue;
      }
      this.at++;
      const high = this.member();
      if (typeof high === 'function' || high < low) throw new Stop(`a range of [] ends before it begins at ${this.at}`);
      tests.push(range(low, high, flags));
    }
    this.at++;
    const any: Test = (character) => tests.some((test) => test(character));
    return { kind: 'one', test: negated ? (character) => !any(character) : any };
  }

  private member(): number | Test {
    const one = this.take("a ']'");
    if (one !== '\\') return one.codePointAt(0) as number;
    const letter = this.take("what comes after the '\\'");
    if (letter === 'b') return 8;
    return KINDS[letter] ?? this.escaped(letter);
  }
}

const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, a: 7 };

const of = (pattern: RegExp): Test => {
  return (character) => pattern.test(String.fromCodePoint(character));
};
const digit = of(/\p{Nd}/u);
const word = of(/[\p{L}\p{N}_]/u);
// Python's blanks, which are not quite those of JavaScript.
const blank: Test = (character) =>
  character === 0x85 ||
  (character >= 0x1c && character <= 0x1f) ||
  (character !== 0xfeff && /\s/.test(String.fromCodePoint(character)));
const not =
  (test: Test): Test =>
  (character) =>
    !test(character);
const KINDS: Readonly<Record<string, Test>> = {
  d: digit,
  D: not(digit),
  w: word,
  W: not(word),
  s: blank,
  S: not(blank),
};

const character = (wanted: number, flags: Flags): Node => ({ kind: 'one', test: range(wanted, wanted, flags) });

function range(low: number, high: number, flags: Flags): Test {
  const within: Test = (one) => one >= low && one <= high;
  if (!flags.ignoreCase) return within;
  return (one) => within(one) || cased(one).some(within);
}

/** The same letter in the other case, where that is one character. */
function cased(one: number): number[] {
  const text = String.fromCodePoint(one);
  return [text.toLowerCase(), text.toUpperCase()].flatMap((other) =>
    [...other].length === 1 ? (other.codePointAt(0) as number) : [],
  );
}
