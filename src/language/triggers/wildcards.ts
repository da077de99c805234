/** `any`: stays within a folder's name or not, as the caller says. `deep`: crosses folders. `folders`: any number of whole folders. */
type Token =
  | { readonly kind: 'any' | 'deep' | 'folders' | 'one' }
  | { readonly kind: 'character'; readonly text: string };

/**
 * Matches a whole text against a pattern with `*` and `?`. The time is at most the product of the two lengths, whatever the pattern.
 * @param where `anywhere`: `*` is any characters. `in-folders`: `*` and `?` leave out `/`, `**` doesn't, and `** /` without the blank is any number of folders
 */
export function wildcardMatches(pattern: string, text: string, where: 'anywhere' | 'in-folders'): boolean {
  const tokens = tokensOf(pattern, where === 'in-folders');
  const isFree = (character: string) => where === 'anywhere' || character !== '/';
  // The states that the text so far may have led to: the next token, and tokens of folders that it stands in the middle of.
  let states = new Set<number>();
  let inside = new Set<number>();
  const enter = (state: number, into: Set<number>) => {
    for (let at = state; !into.has(at); at++) {
      into.add(at);
      const kind = tokens[at]?.kind;
      if (kind !== 'any' && kind !== 'deep' && kind !== 'folders') return;
    }
  };
  enter(0, states);
  for (const character of text) {
    const next = new Set<number>();
    const nextInside = new Set<number>();
    for (const at of states) {
      const token = tokens[at];
      switch (token?.kind) {
        case 'any':
          if (isFree(character)) enter(at, next);
          break;
        case 'deep':
          enter(at, next);
          break;
        case 'one':
          if (isFree(character)) enter(at + 1, next);
          break;
        case 'character':
          if (token.text === character) enter(at + 1, next);
          break;
        case 'folders':
          nextInside.add(at);
          break;
        case undefined:
          break;
      }
    }
    for (const at of inside) nextInside.add(at);
    if (character === '/') for (const at of nextInside) enter(at + 1, next);
    states = next;
    inside = nextInside;
    if (states.size === 0 && inside.size === 0) return false;
  }
  return states.has(tokens.length);
}

function tokensOf(pattern: string, folders: boolean): Token[] {
  const found = pattern.match(folders ? /\*\*\/|\*+|./gsu : /\*+|./gsu) ?? [];
  return found.map((text): Token => {
    if (text === '**/' && folders) return { kind: 'folders' };
    if (text.startsWith('*')) return { kind: text.length > 1 || !folders ? 'deep' : 'any' };
    return text === '?' ? { kind: 'one' } : { kind: 'character', text };
  });
}
