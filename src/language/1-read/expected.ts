import { nearest } from '../../kernel/nearest.ts';

/** More than this many names are no help on a terminal. */
const mostListed = 24;

/**
 * What to do about a word that isn't expected, for a problem's hint.
 * @param expected what may stand there
 * @param lead how the list begins, where no single one is near
 * @returns no hole, where there is nothing to say; else one
 */
export function expectedInstead(word: string, expected: readonly string[], lead = 'It may be one of'): string[] {
  // A word that is known but stands at a wrong place is not misspelled.
  const near = nearest(
    word,
    expected.filter((one) => one !== word),
  );
  if (near !== undefined && !expected.includes(word)) return [`Did you mean '${near}'?`];
  return expected.length > 0 && expected.length <= mostListed ? [`${lead}: ${expected.join(', ')}.`] : [];
}
