// Letters change case one by one, as the service's runtime does it for no language in particular: a letter whose counterpart is
// longer (ß, İ) stays, the dotless i and the long s don't become ASCII letters, and a sigma at the end of a word is like any other.

/** Upper case: what texts are compared by where case is ignored. */
export function upperCase(text: string): string {
  const upper = text.toUpperCase();
  if (upper.length === text.length && !/[\u0131\u017f]/.test(text)) return upper;
  return Array.from(text, (letter) => {
    const one = letter.toUpperCase();
    return one.length === letter.length && letter !== '\u0131' && letter !== '\u017f' ? one : letter;
  }).join('');
}

/** Lower case. */
export function lowerCase(text: string): string {
  if (!/[\u0130\u03a3]/.test(text)) return text.toLowerCase();
  return Array.from(text, (letter) => (letter === '\u0130' ? letter : letter.toLowerCase())).join('');
}
