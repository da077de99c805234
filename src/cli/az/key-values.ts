/** Reads az's `key[=value]` words. A key without a value gets an empty one. */
export function keyValues(words: readonly string[]): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const word of words) {
    if (word === '') continue;
    const at = word.indexOf('=');
    if (at < 0) pairs[word] = '';
    else pairs[word.slice(0, at)] = word.slice(at + 1);
  }
  return pairs;
}
